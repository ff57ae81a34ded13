// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { VdpaError } from '../../errors/vdpa-error.ts';
import { ApiError } from '../client/api-error.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { listPages, selectors } from './list-pages.ts';

/** What every object has that can be watched. */
export interface Watched {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | null | undefined;
    readonly resourceVersion?: string | null | undefined;
  };
}

export interface WatchOptions<Seen extends Watched> {
  /** Of the collection: `/apis/apps/v1/namespaces/vdpactl-system/daemonsets`. */
  readonly path: string;
  /** What is kept of an object; the rest of it is forgotten at once. */
  readonly schema: z.ZodType<Seen>;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** An object came, changed, or (null) went. `key` is its name, with `NAMESPACE/` before it where it has a namespace. */
  readonly onChange?: (key: string, object: Seen | null) => void;
  /** The whole collection was read. */
  readonly onListed?: () => void;
  /** How long an API server may be away, ms; a minute unless given. */
  readonly patienceMs?: number;
}

const eventSchema = z.object({
  type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']),
  object: z.unknown(),
});
const versionSchema = z.object({ metadata: z.object({ resourceVersion: z.string() }) });

/** Servers end a watch in time, and so may anything between; it is taken up again, and ever more rarely in vain. */
const shortPauseMs = 100;
const longPauseMs = 3_000;
/** One that ends sooner was cut by something that will cut the next one too. */
const shortestWatchMs = 1_000;
/** So many in a row that brought nothing new: what is there has to be read another way. */
const watchesInVain = 3;

/** A collection as it is now, by one list and one watch, however many objects it has. */
export class ObjectWatch<Seen extends Watched> {
  readonly #client: KubeClient;
  readonly #options: WatchOptions<Seen>;
  readonly #objects = new Map<string, Seen>();
  #listed = false;
  /** When the server last answered, by the clock that only runs forwards. */
  #answeredAt = performance.now();

  constructor(client: KubeClient, options: WatchOptions<Seen>) {
    this.#client = client;
    this.#options = options;
  }

  /** Whether the collection was read whole: before that an object that is not there may only not be known. */
  get isListed(): boolean {
    return this.#listed;
  }

  get(name: string, namespace: string | null = null): Seen | undefined {
    return this.#objects.get(keyIn(namespace, name));
  }

  all(): IterableIterator<Seen> {
    return this.#objects.values();
  }

  /**
   * Watches until the signal aborts; never throws for that. Connections that are cut, versions that the server has
   * forgotten, and a server that is away for a while are all survived.
   * @throws ApiError where the user has not the rights; VdpaError when the server stays away.
   */
  async run(signal: AbortSignal): Promise<void> {
    this.#answeredAt = performance.now();
    let version = '';
    let failures = 0;
    let inVain = 0;
    while (!signal.aborted) {
      try {
        if (version === '') version = await this.#list(signal);
        const began = performance.now();
        const from = version;
        version = await this.#follow(from, signal);
        const isShort = performance.now() - began < shortestWatchMs;
        failures = version === '' || isShort ? failures + 1 : 0;
        inVain = isShort && version === from ? inVain + 1 : 0;
        if (inVain >= watchesInVain) version = '';
      } catch (error) {
        if (signal.aborted) return;
        if (isForgotten(error)) version = '';
        else if (!this.#mayPass(error)) throw error;
        failures += 1;
      }
      const pauseMs = Math.min(shortPauseMs * 2 ** Math.max(0, failures - 1), longPauseMs);
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { path, schema } = this.#options;
    const there = new Set<string>();
    const version = await listPages(this.#client, { path, ...selectors(this.#options), signal }, (items) => {
      this.#answeredAt = performance.now();
      for (const item of items) there.add(this.#update(schema.parse(item)));
    });
    for (const key of [...this.#objects.keys()]) if (!there.has(key)) this.#remove(key);
    this.#listed = true;
    this.#options.onListed?.();
    return version;
  }

  /** Answers where to go on, or nothing where everything has to be listed anew. */
  async #follow(version: string, signal: AbortSignal): Promise<string> {
    const { path, schema } = this.#options;
    let reached = version;
    const query = { ...selectors(this.#options), resourceVersion: version };
    for await (const line of this.#client.watch({ path, query, signal })) {
      this.#answeredAt = performance.now();
      const { type, object } = eventSchema.parse(line);
      // Mostly: too old, because etcd was compacted.
      if (type === 'ERROR') return '';
      reached = versionSchema.parse(object).metadata.resourceVersion;
      if (type === 'BOOKMARK') continue;
      const seen = schema.parse(object);
      if (type === 'DELETED') this.#remove(keyOfSeen(seen));
      else this.#update(seen);
    }
    this.#answeredAt = performance.now();
    return reached;
  }

  #update(seen: Seen): string {
    const key = keyOfSeen(seen);
    const { resourceVersion } = seen.metadata;
    const known = this.#objects.get(key)?.metadata.resourceVersion;
    this.#objects.set(key, seen);
    if (known !== resourceVersion || resourceVersion === undefined) this.#options.onChange?.(key, seen);
    return key;
  }

  #remove(key: string): void {
    if (this.#objects.delete(key)) this.#options.onChange?.(key, null);
  }

  /** A server that restarts is away, or answers that it is not ready. */
  #mayPass(error: unknown): boolean {
    if (!(error instanceof VdpaError)) return false;
    const isAway = error.code === 'VDPA-CLUSTER-002' || error.code === 'VDPA-CLUSTER-005';
    const isFailing = error instanceof ApiError && (error.status >= 500 || error.status === 429);
    return (isAway || isFailing) && performance.now() - this.#answeredAt < (this.#options.patienceMs ?? 60_000);
  }
}

/** The version is too old, or one that a server which lost its data has never had. */
function isForgotten(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.status === 410 || (error.status === 504 && error.message.includes('Too large resource version'));
}

function keyIn(namespace: string | null | undefined, name: string): string {
  return namespace ? `${namespace}/${name}` : name;
}

function keyOfSeen({ metadata: { name, namespace } }: Watched): string {
  return keyIn(namespace, name);
}
