// SPDX-License-Identifier: Apache-2.0
import { answerCni, type CniNode } from '../../../../dataplane/agent/cni/commands.ts';
import type { PodAttachments } from '../../../../dataplane/agent/pod/pod-attachments.ts';
import type { BackendSpec } from '../../../../dataplane/contract/backend-spec.ts';
import { backendSpec, kernelSpec } from '../../../fixtures/backend-spec.ts';
import type { LabNode } from '../pod/lab-node.ts';

export const podUid = '0b8f7a52-5d4e-4a2b-9a8e-3f5c1d2e4b6a';

/** The environment of a call as containerd and Multus make it. */
export function environment(change: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    CNI_COMMAND: 'ADD',
    CNI_CONTAINERID: 'c1',
    CNI_NETNS: '/var/run/netns/cni-1',
    CNI_IFNAME: 'net1',
    CNI_PATH: '/opt/cni/bin',
    CNI_ARGS: `IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=l3fwd;K8S_POD_UID=${podUid}`,
    ...change,
  };
}

export function network(change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { cniVersion: '1.0.0', name: 'vdpa-net', type: 'vdpa', deviceID: '0000:03:00.0', ...change };
}

export const offered: readonly BackendSpec[] = [
  backendSpec('0000:03:00.0', { mac: '02:00:00:00:00:03' }),
  backendSpec('local0'),
  backendSpec('mlx5-core-sf-4'),
  kernelSpec('0000:65:00.2', { path: '/dev/vhost-vdpa-3', vdpa: 'vdpa7' }),
];

export function cniNode(node: LabNode, store: PodAttachments, change: Partial<CniNode> = {}): CniNode {
  return {
    store,
    ipam: node.leases,
    devices: () => offered,
    isRunning: () => true,
    deviceInfoFolder: node.paths.deviceInfo,
    ...change,
  };
}

export interface Answer {
  readonly exitCode: number;
  readonly text: string;
  /** What was printed, as data; null for nothing. */
  readonly json: unknown;
}

export async function ask(
  node: CniNode,
  env: Readonly<Record<string, string>> = environment(),
  stdin: unknown = network(),
): Promise<Answer> {
  const text = typeof stdin === 'string' ? stdin : JSON.stringify(stdin);
  const { exitCode, stdout } = await answerCni(node, { env: new Map(Object.entries(env)), stdin: text });
  return { exitCode, text: stdout, json: stdout === '' ? null : JSON.parse(stdout) };
}
