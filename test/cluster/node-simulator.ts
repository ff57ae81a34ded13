// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from 'node:https';
import * as z from 'zod';
import type { KubeClient } from '../../src/cluster/client/kube-client.ts';
import { selfSignedCertificate } from './helpers/self-signed-certificate.ts';

/** What becomes of a pod on a simulated node. */
export type PodFate =
  | { readonly kind: 'succeeds'; readonly log: string }
  | { readonly kind: 'fails'; readonly exitCode: number; readonly message?: string; readonly log?: string }
  /** Its container waits, as for an image that cannot be pulled. */
  | { readonly kind: 'waits'; readonly reason: string; readonly message: string }
  /** kubelet's own admission does not take it. */
  | { readonly kind: 'rejected'; readonly reason: string; readonly message: string }
  /** kubelet warns of something and leaves it pending. */
  | { readonly kind: 'warns'; readonly reason: string; readonly message: string }
  /** Nobody looks after it. */
  | { readonly kind: 'ignored' };

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
}

const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.looseObject({
    nodeName: z.string().optional(),
    containers: z.array(z.looseObject({ name: z.string(), image: z.string() })),
    volumes: z.array(z.looseObject({ name: z.string() })).optional(),
  }),
});

export type SimulatedPod = z.infer<typeof podSchema>;

const eventSchema = z.object({ type: z.string(), object: z.unknown() });
const pods = '/api/v1/pods';

/**
 * A simulator: plays the kubelet of many nodes towards a real API server. It registers the nodes, gives the pods on them
 * the status that a kubelet would, and serves their logs on the port that the nodes name, which the API server passes on.
 * Nothing runs.
 */
export class NodeSimulator {
  readonly #client: KubeClient;
  readonly #nodes: ReadonlyMap<string, SimulatedNode>;
  readonly #server: Server;
  readonly #logs = new Map<string, string>();
  readonly #begun = new Set<string>();
  readonly #end = new AbortController();
  #watching: Promise<void> = Promise.resolve();
  readonly #failures: unknown[] = [];
  /** Pods that were on the nodes, by name, as they were first seen. */
  readonly seen = new Map<string, SimulatedPod>();

  private constructor(client: KubeClient, nodes: readonly SimulatedNode[]) {
    this.#client = client;
    this.#nodes = new Map(nodes.map((node) => [node.name, node]));
    this.#server = createServer(selfSignedCertificate(), (request, response) => {
      const [, kind, namespace, pod] = new URL(request.url ?? '/', 'https://kubelet').pathname.split('/');
      const log = kind === 'containerLogs' ? this.#logs.get(`${namespace}/${pod}`) : undefined;
      response.writeHead(log === undefined ? 404 : 200, { 'content-type': 'text/plain' });
      response.end(log ?? 'there is no such log');
    });
  }

  static async start(client: KubeClient, nodes: readonly SimulatedNode[]): Promise<NodeSimulator> {
    const simulator = new NodeSimulator(client, nodes);
    await new Promise<void>((resolve) => simulator.#server.listen(0, '127.0.0.1', resolve));
    await inParallel(nodes, (node) => simulator.#register(node));
    simulator.#watching = simulator.#watch();
    return simulator;
  }

  /** Removes the nodes. Throws when something went wrong meanwhile. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#watching;
    await inParallel([...this.#nodes.keys()], (name) =>
      this.#client.request({ method: 'DELETE', path: `/api/v1/nodes/${name}` }),
    );
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  async #register({
    name,
    labels,
    taints,
    providerId,
    ready = 'True',
    readyMessage = '',
  }: SimulatedNode): Promise<void> {
    const address = this.#server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const now = new Date().toISOString();
    await this.#client.request({
      method: 'POST',
      path: '/api/v1/nodes',
      body: {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/hostname': name, ...labels } },
        spec: { taints: taints ?? [], ...(providerId === undefined ? {} : { providerID: providerId }) },
      },
    });
    await this.#client.request({
      method: 'PATCH',
      path: `/api/v1/nodes/${name}/status`,
      contentType: 'application/merge-patch+json',
      body: {
        status: {
          addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
          daemonEndpoints: { kubeletEndpoint: { Port: port } },
          capacity: { cpu: '4', memory: '8Gi', pods: '110' },
          allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
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
          conditions: [
            {
              type: 'Ready',
              status: ready,
              reason: 'Simulated',
              message: readyMessage,
              lastHeartbeatTime: now,
              lastTransitionTime: now,
            },
          ],
        },
      },
    });
  }

  async #watch(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      try {
        for await (const line of this.#client.watch({ path: pods, query: { resourceVersion: 0 }, signal })) {
          const event = eventSchema.parse(line);
          if (event.type === 'ADDED') void this.#play(podSchema.parse(event.object));
          if (event.type === 'DELETED') this.#forget(podSchema.parse(event.object));
        }
      } catch (error) {
        if (!signal.aborted) this.#failures.push(error);
        return;
      }
    }
  }

  #forget({ metadata }: SimulatedPod): void {
    this.#logs.delete(`${metadata.namespace}/${metadata.name}`);
  }

  async #play(pod: SimulatedPod): Promise<void> {
    const node = this.#nodes.get(pod.spec.nodeName ?? '');
    if (node === undefined || this.#begun.has(pod.metadata.uid)) return;
    this.#begun.add(pod.metadata.uid);
    this.seen.set(pod.metadata.name, pod);
    const fate = node.fate(pod);
    try {
      await this.#carryOut(pod, fate);
    } catch (error) {
      // Whoever made the pod may have removed it by now.
      const gone = error instanceof Error && 'status' in error && (error.status === 404 || error.status === 409);
      if (!gone && !this.#end.signal.aborted) this.#failures.push(error);
    }
  }

  async #carryOut(pod: SimulatedPod, fate: PodFate): Promise<void> {
    switch (fate.kind) {
      case 'ignored':
        return;
      case 'warns':
        await this.#warn(pod, fate.reason, fate.message);
        return;
      case 'rejected':
        await this.#status(pod, { phase: 'Failed', reason: fate.reason, message: fate.message });
        return;
      case 'waits':
        await this.#container(pod, 'Pending', { waiting: { reason: fate.reason, message: fate.message } });
        return;
      case 'succeeds':
        await this.#container(pod, 'Pending', { waiting: { reason: 'ContainerCreating' } });
        await this.#finish(pod, 'Succeeded', 0, fate.log);
        return;
      case 'fails':
        await this.#finish(pod, 'Failed', fate.exitCode, fate.log ?? '', fate.message);
    }
  }

  async #finish(pod: SimulatedPod, phase: string, exitCode: number, log: string, message?: string): Promise<void> {
    this.#logs.set(`${pod.metadata.namespace}/${pod.metadata.name}`, log);
    const now = new Date().toISOString();
    const reason = exitCode === 0 ? 'Completed' : 'Error';
    const ended = { exitCode, reason, startedAt: now, finishedAt: now, ...(message === undefined ? {} : { message }) };
    await this.#container(pod, phase, { terminated: ended });
  }

  #container(pod: SimulatedPod, phase: string, state: object): Promise<unknown> {
    const [{ name, image } = { name: '', image: '' }] = pod.spec.containers;
    const status = { name, image, imageID: '', ready: false, restartCount: 0, started: false, state };
    return this.#status(pod, { phase, containerStatuses: [status] });
  }

  #status({ metadata: { namespace, name, uid } }: SimulatedPod, status: object): Promise<unknown> {
    return this.#client.request({
      method: 'PATCH',
      path: `/api/v1/namespaces/${namespace}/pods/${name}/status`,
      contentType: 'application/strategic-merge-patch+json',
      // The uid makes sure that it is still this pod.
      body: { metadata: { uid }, status },
    });
  }

  #warn({ metadata }: SimulatedPod, reason: string, message: string): Promise<unknown> {
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

async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const left = [...items];
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
    }),
  );
}
