// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';

/** What becomes of a pod on a simulated node. */
export type PodFate =
  /** It ends well, and prints its log. `message`: its termination message. */
  | { readonly kind: 'succeeds'; readonly log: string; readonly message?: string }
  | { readonly kind: 'fails'; readonly exitCode: number; readonly message?: string; readonly log?: string }
  /** It becomes ready and goes on until it is deleted. */
  | { readonly kind: 'runs'; readonly afterMs?: number }
  /** Its container waits, as for an image that cannot be pulled. */
  | { readonly kind: 'waits'; readonly reason: string; readonly message: string }
  /** kubelet's own admission does not take it. */
  | { readonly kind: 'rejected'; readonly reason: string; readonly message: string }
  /** kubelet warns of something and leaves it pending. */
  | { readonly kind: 'warns'; readonly reason: string; readonly message: string }
  /** Nobody looks after it. */
  | { readonly kind: 'ignored' };

export const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    deletionTimestamp: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.looseObject({
    nodeName: z.string().optional(),
    hostNetwork: z.boolean().optional(),
    containers: z.array(z.looseObject({ name: z.string(), image: z.string() })),
    initContainers: z.array(z.looseObject({ name: z.string(), image: z.string() })).optional(),
    volumes: z.array(z.looseObject({ name: z.string() })).optional(),
  }),
});

export type SimulatedPod = z.infer<typeof podSchema>;

export interface SimulatedNode {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** The condition `Ready`; `True` unless given. */
  readonly ready?: 'True' | 'False' | 'Unknown';
  readonly readyMessage?: string;
  readonly taints?: readonly object[];
  /** As a cloud's controller manager writes it. */
  readonly providerId?: string;
  /** Asked anew for each pod. */
  fate(pod: SimulatedPod): PodFate;
  /** What the node offers of `vdpactl.io/vdpa` once this pod of it is ready; null: this pod offers nothing. */
  offers?(pod: SimulatedPod): number | null;
  /** A pod of the node is gone. */
  ended?(pod: SimulatedPod): void;
}

/** The largest of nodes: what of it is taken is not what is tested. */
const resources = { cpu: '64', memory: '256Gi', pods: '250', 'hugepages-2Mi': '64Gi', 'hugepages-1Gi': '64Gi' };

export function nodeObject({ name, labels, taints, providerId }: SimulatedNode): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/hostname': name, ...labels } },
    spec: { taints: taints ?? [], ...(providerId === undefined ? {} : { providerID: providerId }) },
  };
}

/** What a kubelet says of its node, whose logs are to be had on that port of the loopback interface. */
export function nodeStatus({ ready = 'True', readyMessage = '' }: SimulatedNode, port: number): object {
  return {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    capacity: resources,
    allocatable: resources,
    nodeInfo: {
      machineID: '',
      systemUUID: '',
      bootID: '',
      kernelVersion: '6.12.0',
      osImage: 'simulated',
      containerRuntimeVersion: 'none://0',
      kubeletVersion: 'v1.34.0',
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
    conditions: [readyCondition(ready, readyMessage)],
  };
}

export function readyCondition(status: 'True' | 'False' | 'Unknown', message: string): object {
  const now = new Date().toISOString();
  return { type: 'Ready', status, reason: 'Simulated', message, lastHeartbeatTime: now, lastTransitionTime: now };
}
