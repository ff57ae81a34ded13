// SPDX-License-Identifier: Apache-2.0
import type { NodeReport } from '../../platform/node-report.ts';
import type { JobMount, NodeJob } from '../node-pods/node-job.ts';
import { notRun } from '../node-pods/run-on-node.ts';
import type { ClusterNode } from './list-nodes.ts';
import { answerLimitBytes, readAnswer } from './read-answer.ts';

/** Where the pod sees the host. */
const hostRoot = '/host';

/** Exactly what the probe reads. */
const mounts: readonly JobMount[] = [
  { name: 'sys', path: '/sys', everywhere: true },
  { name: 'proc', path: '/proc', everywhere: true },
  { name: 'modules', path: '/lib/modules', everywhere: false },
  { name: 'cni-conf', path: '/etc/cni/net.d', everywhere: false },
  { name: 'cni-bin', path: '/opt/cni/bin', everywhere: false },
].map((mount) => ({ ...mount, at: `${hostRoot}${mount.path}`, readOnly: true }));

/**
 * Probes a node and prints the report to the log of its pod. It gets no credential and can only read: as root, because CNI
 * configurations are root's, but without any capability.
 */
export const probeJob: NodeJob<ClusterNode, NodeReport> = {
  name: 'detect',
  what: 'the probe',
  mounts,
  command: ['vdpactl', 'detect', '--root', hostRoot, '--output', 'json', '--progress', 'none'],
  podSecurityContext: { runAsUser: 0, runAsGroup: 0, seccompProfile: { type: 'RuntimeDefault' } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
  resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '512Mi' } },
  logLimitBytes: answerLimitBytes,
  async answer(node, { exitCode, why, log }) {
    if (exitCode !== 0) throw notRun('the probe', node, why);
    return readAnswer(await log(), node);
  },
};
