// SPDX-License-Identifier: Apache-2.0
import type { KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { fullResourceName } from '../../../src/templates/kubernetes/names.ts';
import type { SimulatedPod } from './simulated-node.ts';

const mergePatch = 'application/strategic-merge-patch+json';

/** What a kubelet tells the API server. */
export class KubeletRequests {
  readonly #client: KubeClient;
  /** What was last told of the resource of each node: the next has to come after it. */
  readonly #offers = new Map<string, Promise<unknown>>();

  constructor(client: KubeClient) {
    this.#client = client;
  }

  nodeStatus(name: string, status: object): Promise<unknown> {
    return this.#client.request({
      method: 'PATCH',
      path: `/api/v1/nodes/${name}/status`,
      contentType: mergePatch,
      body: { status },
    });
  }

  /** How many devices a node has to give away. */
  offer(node: string, devices: number): Promise<unknown> {
    const resources = { [fullResourceName]: String(devices) };
    const before = this.#offers.get(node) ?? Promise.resolve();
    const told = before
      .catch(() => {})
      .then(() => this.nodeStatus(node, { capacity: resources, allocatable: resources }));
    this.#offers.set(node, told);
    return told;
  }

  podStatus({ metadata: { namespace, name, uid } }: SimulatedPod, status: object): Promise<unknown> {
    return this.#client.request({
      method: 'PATCH',
      path: `/api/v1/namespaces/${namespace}/pods/${name}/status`,
      contentType: mergePatch,
      // The uid makes sure that it is still this pod.
      body: { metadata: { uid }, status },
    });
  }

  /** A kubelet ends what is to go, and then tells the API server that it may forget it. */
  remove({ metadata: { namespace, name, uid } }: SimulatedPod): Promise<unknown> {
    return this.#client.request({
      method: 'DELETE',
      path: `/api/v1/namespaces/${namespace}/pods/${name}`,
      body: { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } },
    });
  }

  warn({ metadata }: SimulatedPod, reason: string, message: string): Promise<unknown> {
    const { namespace, name, uid } = metadata;
    const now = new Date().toISOString();
    return this.#client.request({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/events`,
      body: {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: `${name}.${Date.now().toString(16)}`, namespace },
        involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid },
        type: 'Warning',
        reason,
        message,
        source: { component: 'kubelet' },
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      },
    });
  }
}
