// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { KubeClient } from '../client/kube-client.ts';
import { type Pod, podSchema } from './pod-state.ts';
import { runLabel } from './probe-pod.ts';

const listSchema = z.object({ metadata: z.object({ resourceVersion: z.string() }), items: z.array(podSchema) });

const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED']), object: podSchema }),
  z.object({ type: z.literal('BOOKMARK'), object: z.object({ metadata: z.object({ resourceVersion: z.string() }) }) }),
  // Mostly: too old, because etcd was compacted.
  z.object({ type: z.literal('ERROR'), object: z.unknown() }),
]);

/** What is known of a pod: as last seen, or that it is gone. */
export type Seen = Pod | 'deleted' | undefined;

/** All pods of one run by one watch, however many nodes there are. */
export class PodWatch {
  readonly #client: KubeClient;
  readonly #path: string;
  readonly #labelSelector: string;
  readonly #seen = new Map<string, Pod | 'deleted'>();
  readonly #waiting = new Map<string, () => void>();

  constructor(client: KubeClient, namespace: string, runId: string) {
    this.#client = client;
    this.#path = `/api/v1/namespaces/${namespace}/pods`;
    this.#labelSelector = `${runLabel}=${runId}`;
  }

  get(name: string): Seen {
    return this.#seen.get(name);
  }

  /** Nobody asks for this pod any more. */
  forget(name: string): void {
    this.#seen.delete(name);
    this.#waiting.delete(name);
  }

  /** Resolves when a pod changes, or after a while. */
  async change(name: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#waiting.delete(name);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      signal.addEventListener('abort', done, { once: true });
      this.#waiting.set(name, done);
    });
    signal.throwIfAborted();
  }

  /** Watches until the signal aborts; never throws for that. Cut connections are taken up again. */
  async run(signal: AbortSignal): Promise<void> {
    let version = '';
    while (!signal.aborted) {
      try {
        if (version === '') version = await this.#list(signal);
        version = await this.#follow(version, signal);
        // Servers end a watch in time, and so may anything between; not in a loop.
        await sleep(100, undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const query = { labelSelector: this.#labelSelector };
    const list = listSchema.parse(await this.#client.request({ path: this.#path, query, signal }));
    const there = new Set(list.items.map((pod) => pod.metadata.name));
    for (const name of [...this.#seen.keys()]) if (!there.has(name)) this.#update(name, 'deleted');
    for (const pod of list.items) this.#update(pod.metadata.name, pod);
    return list.metadata.resourceVersion;
  }

  /** Answers where to go on, or nothing where everything has to be listed anew. */
  async #follow(version: string, signal: AbortSignal): Promise<string> {
    let reached = version;
    const query = { labelSelector: this.#labelSelector, resourceVersion: version };
    for await (const line of this.#client.watch({ path: this.#path, query, signal })) {
      const event = eventSchema.parse(line);
      if (event.type === 'ERROR') return '';
      reached = event.object.metadata.resourceVersion ?? reached;
      if (event.type === 'BOOKMARK') continue;
      this.#update(event.object.metadata.name, event.type === 'DELETED' ? 'deleted' : event.object);
    }
    return reached;
  }

  #update(name: string, seen: Pod | 'deleted'): void {
    this.#seen.set(name, seen);
    this.#waiting.get(name)?.();
  }
}
