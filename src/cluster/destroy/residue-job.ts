// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { VdpaError } from '../../errors/vdpa-error.ts';
import { schemaVersion } from '../../schema-version.ts';
import { hostPaths } from '../../templates/kubernetes/host-paths.ts';
import { documentInLog } from '../node-pods/document-in-log.ts';
import type { JobMount, JobNode, NodeJob } from '../node-pods/node-job.ts';
import { notRun } from '../node-pods/run-on-node.ts';

/** Where the pod sees the host's files. */
const host = '/host';
/** Where kubelet looks for a container's last word: it comes with the pod's status, so that no log has to be asked for. */
const lastWord = '/dev/termination-log';
const logLimitBytes = 1024 * 1024;

const leftSchema = z.array(z.object({ what: z.string(), why: z.string() }));

/** What `vdpactl node clean` answers. A container can write anything there. */
const answerSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  removed: z.array(z.string()),
  left: leftSchema,
  kept: leftSchema.default([]),
});

export type ResidueAnswer = Omit<z.infer<typeof answerSchema>, 'schemaVersion'>;

/** On the host, and for the pod below `host`. What is unmounted there has to go from the host. */
const hostMount = (name: string, path: string, everywhere: boolean, bidirectional = false): JobMount => ({
  ...{ name, path, at: `${host}${path}`, everywhere, readOnly: false },
  ...(bidirectional ? { bidirectional } : {}),
});

const mounts: readonly JobMount[] = [
  // As for preparing a node: devices go back to their drivers.
  { name: 'devices', path: hostPaths.devices, everywhere: true, readOnly: false },
  { name: 'modules', path: hostPaths.modules, everywhere: false, readOnly: true },
  // The folders themselves are to go, so it takes those that they are in. Mostly one is a link to the other.
  hostMount('run', '/run', true, true),
  hostMount('var-run', '/var/run', true, true),
  hostMount('cni-binaries', hostPaths.cniBinaries, false),
  // Which pods are on the node is seen there.
  { ...hostMount('pods', hostPaths.pods, false), readOnly: true },
  hostMount('device-plugins', hostPaths.devicePlugins, false),
  hostMount('plugins-registry', hostPaths.pluginsRegistry, false),
];

const multusMounts: readonly JobMount[] = [
  hostMount('cni-config', '/etc/cni', false),
  hostMount('cni-state', '/var/lib/cni', false),
];

/**
 * Cleans a host: `vdpactl node clean` in a pod that sees what it has to touch. It needs the node's network and processes for
 * the same reasons as the container that prepares a node.
 */
export function residueJob(multus: boolean): NodeJob<JobNode, ResidueAnswer> {
  return {
    name: 'clean',
    what: 'the clean-up',
    mounts: multus ? [...mounts, ...multusMounts] : mounts,
    hostPid: true,
    command: [
      ...['vdpactl', 'node', 'clean', '--host', host, '--state-dir', hostPaths.nodeState],
      ...(multus ? ['--multus'] : []),
      ...['--output', 'json', '--progress', 'none', '--result-file', lastWord],
    ],
    securityContext: { privileged: true },
    resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    logLimitBytes,
    async answer(node, { exitCode, message, why, log }) {
      const answer = parse(message) ?? parse(documentInLog((await log()).text) ?? '');
      if (answer !== null) return answer;
      // Not even that: it failed before it began.
      if (exitCode !== 0) throw notRun('the clean-up', node, why);
      throw new VdpaError('VDPA-CLUSTER-008', 'the clean-up did not answer what it removed', {
        where: `node ${node.name}`,
        next: 'see that kubernetes.images.node of the config is the node image of this version of vdpactl',
      });
    },
  };
}

function parse(text: string): ResidueAnswer | null {
  if (!text.startsWith('{')) return null;
  try {
    const { removed, left, kept } = answerSchema.parse(JSON.parse(text));
    return { removed, left, kept };
  } catch {
    return null;
  }
}
