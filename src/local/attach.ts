// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { AttachmentMessage } from '../../dataplane/contract/grpc.ts';
import { type RunDir, runDir } from '../../dataplane/contract/run-dir.ts';
import { VdpaError } from '../errors/vdpa-error.ts';
import type { Progress } from '../output/progress.ts';
import { installedDpdk } from '../platform/dpdk.ts';
import { schemaVersion } from '../schema-version.ts';
import { AgentClient } from './agent-client.ts';
import { requireRoot } from './require-root.ts';
import { readStack } from './stack-files.ts';
import { workloadPrograms } from './workload-programs.ts';

export interface AttachResult extends AttachmentMessage {
  readonly schemaVersion: typeof schemaVersion;
  readonly ealArgs: string;
  /** What to put in front of a DPDK program to run it on the attachment: `env …`; null: the preload library is not there. */
  readonly command: string | null;
}

export interface AttachContext {
  readonly runDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Runs `work` with the agent of the stack in `dir`. Throws VDPA-DEPLOY-001 when nothing is deployed, VDPA-ROOT-001. */
export async function withAgent<Result>(dir: RunDir, work: (client: AgentClient) => Promise<Result>): Promise<Result> {
  requireRoot();
  if (readStack(dir) === null) {
    throw new VdpaError('VDPA-DEPLOY-001', 'nothing is deployed', {
      where: dir.root,
      next: 'run: vdpactl deploy --provider local',
    });
  }
  const client = new AgentClient(dir);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** The environment that puts an unmodified DPDK program on an attachment. */
export function workloadEnvironment(ealshim: string, ealArgs: string): Record<string, string> {
  return { LD_PRELOAD: ealshim, VDPACTL_EAL_ARGS: ealArgs };
}

export async function attachWorkload(
  context: AttachContext,
  workload: string,
  device: string | null,
): Promise<AttachResult> {
  const attachment = await withAgent(runDir(context.runDir), (client) => client.attach(workload, device));
  const dpdk = await installedDpdk(context.env);
  const ealArgs = join(attachment.folder, 'eal.args');
  return {
    schemaVersion,
    ...attachment,
    ealArgs,
    command: await preload(ealArgs, dpdk?.version ?? 'unknown', context),
  };
}

/** null, with a warning, where the preload library cannot be built: a program may as well be given eal.args by hand. */
async function preload(ealArgs: string, dpdkVersion: string, context: AttachContext): Promise<string | null> {
  const { env, progress, signal } = context;
  try {
    const { ealshim } = await workloadPrograms(dpdkVersion, env, progress, signal);
    const variables = Object.entries(workloadEnvironment(ealshim, ealArgs)).map(([name, value]) => `${name}=${value}`);
    return ['env', ...variables].join(' ');
  } catch (error) {
    if (!(error instanceof VdpaError) || error.code !== 'VDPA-DPDK-002') throw error;
    progress.warn(`${error.code}: ${error.message}; ${error.next}`);
    return null;
  }
}

export async function detachWorkload(
  root: string,
  workload: string,
  device: string | null,
): Promise<{ schemaVersion: typeof schemaVersion; workload: string; devices: string[] }> {
  const devices = await withAgent(runDir(root), (client) => client.detach(workload, device));
  return { schemaVersion, workload, devices };
}
