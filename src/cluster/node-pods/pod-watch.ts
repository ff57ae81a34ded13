// SPDX-License-Identifier: Apache-2.0
import type { KubeClient } from '../client/kube-client.ts';
import { ObjectWatch } from '../watch/object-watch.ts';
import { type Pod, podSchema } from './pod-state.ts';

/** What is known of a pod: as last seen, or that it is gone. */
export type Seen = Pod | 'deleted' | undefined;

/** All pods of one run by one watch, however many nodes there are. */
export class PodWatch {
  readonly #watch: ObjectWatch<Pod>;
  readonly #namespace: string;
  /** The pods that somebody asks for. The end of others is no news: most are removed after they have answered. */
  readonly #asked = new Set<string>();
  readonly #deleted = new Set<string>();
  readonly #waiting = new Map<string, () => void>();

  constructor(client: KubeClient, namespace: string, labelSelector: string) {
    this.#namespace = namespace;
    this.#watch = new ObjectWatch(client, {
      path: `/api/v1/namespaces/${namespace}/pods`,
      labelSelector,
      schema: podSchema,
      onChange: (key, pod) => {
        const name = key.slice(namespace.length + 1);
        if (pod === null && this.#asked.has(name)) this.#deleted.add(name);
        this.#waiting.get(name)?.();
      },
    });
  }

  /** From here on its deletion is remembered, until it is forgotten. */
  ask(name: string): void {
    this.#asked.add(name);
  }

  get(name: string): Seen {
    return this.#watch.get(name, this.#namespace) ?? (this.#deleted.has(name) ? 'deleted' : undefined);
  }

  /** Nobody asks for this pod any more. */
  forget(name: string): void {
    this.#asked.delete(name);
    this.#deleted.delete(name);
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
  run(signal: AbortSignal): Promise<void> {
    return this.#watch.run(signal);
  }
}
