// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { ApiError } from '../../src/cluster/client/api-error.ts';
import type { KubeClient } from '../../src/cluster/client/kube-client.ts';
import { KubeletLogs } from './helpers/kubelet-logs.ts';
import { KubeletRequests } from './helpers/kubelet-requests.ts';
import { endedStatus, runningStatus, waitingStatus } from './helpers/pod-statuses.ts';
import {
  nodeObject,
  nodeStatus,
  type PodFate,
  podSchema,
  readyCondition,
  type SimulatedNode,
  type SimulatedPod,
} from './helpers/simulated-node.ts';
import { WorkQueue } from './helpers/work-queue.ts';

export type { PodFate, SimulatedNode, SimulatedPod } from './helpers/simulated-node.ts';

const eventSchema = z.object({ type: z.string(), object: z.unknown() });
const parallel = 16;

/**
 * A simulator: plays the kubelet of many nodes towards a real API server. It registers the nodes, gives the pods on them
 * the status that a kubelet would, removes them when they are to go, offers devices, and serves logs on the port that
 * the nodes name. Nothing runs. One watch and few requests a pod: thousands of nodes take little.
 */
export class NodeSimulator {
  readonly #client: KubeClient;
  readonly #nodes: ReadonlyMap<string, SimulatedNode>;
  readonly #kubelet: KubeletRequests;
  readonly #logs: KubeletLogs;
  readonly #begun = new Set<string>();
  readonly #leaving = new Set<string>();
  readonly #end = new AbortController();
  readonly #queue = new WorkQueue(parallel, (error) => this.#failed(error));
  readonly #failures: unknown[] = [];
  #watching: Promise<void> = Promise.resolve();
  /** Pods that were on the nodes, by name, as they were first seen. */
  readonly seen = new Map<string, SimulatedPod>();
  /** When the status that says of a pod that it is ready was taken, `performance.now()`, by name. */
  readonly readyAt = new Map<string, number>();

  private constructor(client: KubeClient, nodes: readonly SimulatedNode[], logs: KubeletLogs) {
    this.#client = client;
    this.#kubelet = new KubeletRequests(client);
    this.#nodes = new Map(nodes.map((node) => [node.name, node]));
    this.#logs = logs;
  }

  static async start(client: KubeClient, nodes: readonly SimulatedNode[]): Promise<NodeSimulator> {
    const logs = await KubeletLogs.start();
    const simulator = new NodeSimulator(client, nodes, logs);
    await simulator.#all(nodes, async (node) => {
      await client.request({ method: 'POST', path: '/api/v1/nodes', body: nodeObject(node) });
      await simulator.#kubelet.nodeStatus(node.name, nodeStatus(node, logs.port));
    });
    simulator.#watching = simulator.#watch();
    return simulator;
  }

  /** Removes the nodes. Throws when something went wrong meanwhile. */
  async stop(): Promise<void> {
    this.#end.abort();
    await this.#watching;
    await this.#queue.idle();
    await this.#all([...this.#nodes.keys()], (name) =>
      this.#client.request({ method: 'DELETE', path: `/api/v1/nodes/${name}` }).catch(ignoringGone),
    );
    await this.#logs.stop();
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  /** Changes the condition `Ready` of a node. */
  async setReady(name: string, ready: 'True' | 'False' | 'Unknown', message = ''): Promise<void> {
    await this.#kubelet.nodeStatus(name, { conditions: [readyCondition(ready, message)] });
  }

  async #all<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
    const failures: unknown[] = [];
    const queue = new WorkQueue(parallel, (error) => failures.push(error));
    for (const item of items) queue.push(() => work(item));
    await queue.idle();
    if (failures.length > 0) throw failures[0];
  }

  async #watch(): Promise<void> {
    const { signal } = this.#end;
    // Those that the scheduler, or who made them, has put on a node.
    const query = { resourceVersion: 0, fieldSelector: 'spec.nodeName!=' };
    while (!signal.aborted) {
      try {
        for await (const line of this.#client.watch({ path: '/api/v1/pods', query, signal })) {
          const event = eventSchema.parse(line);
          if (event.type === 'ADDED' || event.type === 'MODIFIED') this.#changed(podSchema.parse(event.object));
          if (event.type === 'DELETED') this.#gone(podSchema.parse(event.object));
        }
      } catch (error) {
        if (error instanceof z.ZodError) this.#failures.push(error);
        // The API server is away: kubelet waits for it too.
        if (!signal.aborted) await sleep(200);
      }
    }
  }

  #changed(pod: SimulatedPod): void {
    const node = this.#nodes.get(pod.spec.nodeName ?? '');
    const { uid, name, deletionTimestamp } = pod.metadata;
    if (node === undefined) return;
    if (deletionTimestamp !== undefined) {
      if (this.#leaving.has(uid)) return;
      this.#leaving.add(uid);
      // What runs ends before the API server hears of it.
      node.ended?.(pod);
      this.#queue.push(() => this.#kubelet.remove(pod));
    } else if (!this.#begun.has(uid)) {
      this.#begun.add(uid);
      this.seen.set(name, pod);
      this.#begin(pod, node, node.fate(pod));
    }
  }

  #begin(pod: SimulatedPod, node: SimulatedNode, fate: PodFate): void {
    const work = () => this.#queue.push(() => this.#carryOut(pod, node, fate));
    if (fate.kind !== 'runs' || fate.afterMs === undefined) work();
    else void sleep(fate.afterMs, undefined, { signal: this.#end.signal }).then(work, () => {});
  }

  #gone(pod: SimulatedPod): void {
    const { namespace, name, uid } = pod.metadata;
    this.#logs.delete({ namespace, name });
    this.readyAt.delete(name);
    this.#begun.delete(uid);
    this.#leaving.delete(uid);
    const node = this.#nodes.get(pod.spec.nodeName ?? '');
    if (node === undefined) return;
    node.ended?.(pod);
    // As kubelet does, which keeps the name of a resource whose plugin is gone.
    if ((node.offers?.(pod) ?? null) !== null) this.#queue.push(() => this.#kubelet.offer(node.name, 0));
  }

  async #carryOut(pod: SimulatedPod, node: SimulatedNode, fate: PodFate): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    const now = new Date().toISOString();
    switch (fate.kind) {
      case 'ignored':
        return;
      case 'warns':
        await this.#kubelet.warn(pod, fate.reason, fate.message);
        return;
      case 'rejected':
        await this.#kubelet.podStatus(pod, { phase: 'Failed', reason: fate.reason, message: fate.message });
        return;
      case 'waits':
        await this.#kubelet.podStatus(pod, waitingStatus(pod, fate.reason, fate.message));
        return;
      case 'succeeds':
        this.#logs.set({ namespace, name }, fate.log);
        await this.#kubelet.podStatus(pod, endedStatus(pod, 0, now, fate.message));
        return;
      case 'fails':
        this.#logs.set({ namespace, name }, fate.log ?? '');
        await this.#kubelet.podStatus(pod, endedStatus(pod, fate.exitCode, now, fate.message));
        return;
      case 'runs': {
        await this.#kubelet.podStatus(pod, runningStatus(pod, now));
        this.readyAt.set(name, performance.now());
        const offered = node.offers?.(pod) ?? null;
        // It may be gone again, which was seen already then.
        if (offered !== null && this.#begun.has(uid)) await this.#kubelet.offer(node.name, offered);
      }
    }
  }

  #failed(error: unknown): void {
    try {
      ignoringGone(error);
    } catch {
      if (!this.#end.signal.aborted) this.#failures.push(error);
    }
  }
}

/** Whoever made a pod or a node may have removed it by now. */
function ignoringGone(error: unknown): void {
  if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 409)) throw error;
}
