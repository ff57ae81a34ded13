// SPDX-License-Identifier: Apache-2.0
import { loadConfig } from '../../../src/config/load-config.ts';
import { journalFile } from '../../../src/node/journal-file.ts';
import { openJournal } from '../../../src/node/journal-session.ts';
import { liveSystem } from '../../../src/node/live-system.ts';
import { withNodeLock } from '../../../src/node/node-lock.ts';
import { type NodeWork, prepareNode } from '../../../src/node/prepare.ts';
import { withCloud } from '../../../src/platform/cloud/read-cloud.ts';
import { probe } from '../../../src/platform/probe.ts';
import { decide } from '../../../src/providers/decide.ts';
import { unpreparedDevices } from '../../../src/templates/backend-specs.ts';
import type { NodeLook } from './node-view.ts';

/** Where `vdpactl node prepare` and this agent record how things were. */
const stateDir = '/run/vdpactl-node';

/** Looks at the running machine as `vdpactl node prepare` does. Throws VDPA-CONFIG-… and VDPA-PROVIDER-001. */
export async function lookAtNode(configFile: string, env: NodeJS.ProcessEnv): Promise<NodeLook> {
  const { config, set } = await loadConfig({ path: configFile, cwd: '/' });
  const report = await withCloud(probe({ env }), { cloud: 'auto', env });
  return { report, decision: decide(report, config, set), config };
}

/**
 * Makes devices ready that came while the agent runs, and no others: those that are ready may be in use, and what they use
 * of the huge pages is not missing. On a prepared node it does nothing. Throws as prepareNode does.
 */
export async function prepareLiveNode(
  { report, decision, config }: NodeLook,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
): Promise<void> {
  const progress: NodeWork['progress'] = {
    step: (text) => log(`prepare: ${text}`),
    update() {},
    warn: (text) => log(`prepare: ${text}`),
    done() {},
    fail() {},
    async settled() {},
  };
  const { signal } = new AbortController();
  const system = liveSystem(() => probe({ env }), env);
  const come = { ...decision, devices: unpreparedDevices(report, decision) };
  const forThem = { ...config, nics: { ...config.nics, roomFor: 0 } };
  await withNodeLock('agent', { progress, signal }, () =>
    prepareNode(report, come, forThem, {
      system,
      journal: openJournal(journalFile(stateDir), system),
      progress,
      signal,
    }),
  );
}
