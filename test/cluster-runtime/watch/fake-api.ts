// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { valueAt } from '../../../src/config/plain-data.ts';
import { written } from './fake-write.ts';

export interface FakeObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** What is asked before anything else: it is new enough, and everybody may do everything. */
function formality({ pathname }: URL): { readonly status: number; readonly body: object } | null {
  if (pathname === '/version') return { status: 200, body: { gitVersion: 'v1.34.4' } };
  if (pathname.endsWith('/selfsubjectaccessreviews')) return { status: 201, body: { status: { allowed: true } } };
  return null;
}

interface Change {
  readonly version: number;
  readonly type: string;
  readonly collection: string;
  readonly object: FakeObject;
}

/**
 * A fake: an API server that keeps collections and lets them be listed in pages, watched, read and written, and that misbehaves when
 * it is told to. What a real one answers is in test/cluster.
 */
export class FakeApi {
  readonly #collections = new Map<string, Map<string, FakeObject>>();
  readonly #watchers = new Set<{ collection: string; query: URLSearchParams; response: ServerResponse }>();
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((request, response) => this.#answer(request, response));
  #history: Change[] = [];
  #version = 1;
  #compacted = 0;
  #folder = '';
  #port = 0;
  /** Path and query of all that was asked. */
  readonly requests: URL[] = [];
  /** All that was written, or tried in a dry run. */
  readonly writes: {
    readonly method: string;
    readonly path: string;
    readonly body: unknown;
    readonly dryRun: boolean;
  }[] = [];
  /** Answers instead of the collections, when it answers anything. */
  refuse: (url: URL, method: string) => { readonly status: number; readonly body: object } | null = () => null;

  static async start(): Promise<{ readonly api: FakeApi; readonly client: KubeClient }> {
    const api = new FakeApi();
    api.#server.on('connection', (socket: Socket) => {
      api.#sockets.add(socket);
      socket.on('close', () => api.#sockets.delete(socket));
    });
    await api.listen();
    api.#folder = mkdtempSync(join(tmpdir(), 'vdpactl-fake-api-'));
    const kubeconfig = join(api.#folder, 'kubeconfig');
    const content = {
      'current-context': 'fake',
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
      clusters: [{ name: 'fake', cluster: { server: `http://127.0.0.1:${api.#port}` } }],
      users: [{ name: 'fake', user: { token: 'good' } }],
    };
    writeFileSync(kubeconfig, JSON.stringify(content));
    return { api, client: connect({ kubeconfig }, {}, api.#folder) };
  }

  async stop(): Promise<void> {
    if (this.#server.listening) await this.hangUp();
    rmSync(this.#folder, { recursive: true });
  }

  /** Takes the port that it had before. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    const address = this.#server.address();
    this.#port = address !== null && typeof address === 'object' ? address.port : 0;
  }

  /** Is away, until it listens again. */
  async hangUp(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Forgets what was before. Watches that are under way are told so. */
  compact(): void {
    this.#compacted = this.#version;
    this.#history = [];
    for (const { response } of this.#watchers) write(response, 'ERROR', gone);
  }

  /** Tells all watches how far it is. */
  bookmark(): void {
    this.#version += 1;
    for (const { response } of this.#watchers) {
      write(response, 'BOOKMARK', { metadata: { resourceVersion: String(this.#version) } });
    }
  }

  put(collection: string, object: FakeObject): void {
    const objects = this.#collections.get(collection) ?? new Map<string, FakeObject>();
    this.#collections.set(collection, objects);
    const type = objects.has(keyOf(object)) ? 'MODIFIED' : 'ADDED';
    this.#version += 1;
    const kept = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    objects.set(keyOf(object), kept);
    this.#tell(type, collection, kept);
  }

  remove(collection: string, key: string): void {
    const object = this.#collections.get(collection)?.get(key);
    if (object === undefined) return;
    this.#collections.get(collection)?.delete(key);
    this.#version += 1;
    this.#tell('DELETED', collection, {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(this.#version) },
    });
  }

  #tell(type: string, collection: string, object: FakeObject): void {
    const change = { version: this.#version, type, collection, object };
    this.#history.push(change);
    for (const watcher of this.#watchers) pass(watcher, change);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://fake');
    this.requests.push(url);
    const refused = this.refuse(url, request.method ?? 'GET') ?? formality(url);
    const [, collection = '', name = ''] = objectPath.exec(url.pathname) ?? [];
    if (refused !== null) answer(response, refused.status, refused.body);
    else if (request.method !== 'GET') void this.#write(request, url, response);
    else if (url.searchParams.get('watch') === 'true') this.#watch(url, response);
    else if (name === '') this.#list(url, response);
    else this.#read(this.#collections.get(collection) ?? new Map(), decodeURIComponent(name), response);
  }

  #read(siblings: ReadonlyMap<string, FakeObject>, name: string, response: ServerResponse): void {
    const object = [...siblings.values()].find(({ metadata }) => metadata.name === name);
    if (object === undefined) answer(response, 404, status(404, 'NotFound', `"${name}" not found`));
    else answer(response, 200, object);
  }

  async #write(request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
    const method = request.method ?? '';
    const named = method === 'POST' ? `${url.pathname}/${String(valueAt(body, ['metadata', 'name']))}` : url.pathname;
    const [collection, name] = [
      named.slice(0, named.lastIndexOf('/')),
      decodeURIComponent(named.split('/').at(-1) ?? ''),
    ];
    this.writes.push({ method, path: named, body, dryRun: url.searchParams.has('dryRun') });
    const live = [...(this.#collections.get(collection) ?? [])].find(([, { metadata }]) => metadata.name === name);
    const result = written(method, name, live?.[1], body);
    if (result.kind === 'refuse') {
      answer(response, result.status, status(result.status, result.reason, result.message));
      return;
    }
    if (!url.searchParams.has('dryRun')) {
      if (result.kind === 'keep') this.put(collection, result.object);
      else this.remove(collection, live?.[0] ?? name);
    }
    const kept = this.#collections.get(collection)?.get(keyOf(result.object));
    answer(
      response,
      method === 'POST' ? 201 : 200,
      url.searchParams.has('dryRun') ? result.object : (kept ?? result.object),
    );
  }

  /** The object as it is kept; undefined: there is none. */
  get(collection: string, key: string): FakeObject | undefined {
    return this.#collections.get(collection)?.get(key);
  }

  #list(url: URL, response: ServerResponse): void {
    const all = this.#select(url.pathname, url.searchParams);
    const [at, listed] = (url.searchParams.get('continue') ?? `0 ${this.#version}`).split(' ').map(Number);
    if ((listed ?? 0) < this.#compacted) {
      answer(response, 410, gone);
      return;
    }
    const limit = Number(url.searchParams.get('limit') ?? all.length);
    const from = at ?? 0;
    const more = from + limit < all.length ? { continue: `${from + limit} ${listed}` } : {};
    const metadata = { resourceVersion: String(listed), ...more };
    answer(response, 200, { metadata, items: all.slice(from, from + limit) });
  }

  #select(collection: string, query: URLSearchParams): FakeObject[] {
    const matching = [...this.#collections].filter(([path]) => isIn(path, collection));
    return matching.flatMap(([, objects]) => [...objects.values()].filter((object) => matches(object, query)));
  }

  #watch(url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion'));
    if (from < this.#compacted) {
      answer(response, 410, gone);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    const watcher = { collection: url.pathname, query: url.searchParams, response };
    for (const change of this.#history) if (change.version > from) pass(watcher, change);
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
  }
}

/** A group, perhaps a namespace, a resource, and a name. */
const objectPath = /^((?:\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/[^/]+(?=\/[^/]+\/))?\/[^/]+)\/([^/]+)$/;

const keyOf = ({ metadata: { name, namespace } }: FakeObject): string =>
  namespace === undefined ? name : `${namespace}/${name}`;

/** `/api/v1/pods` has the objects of `/api/v1/namespaces/NAME/pods`. */
const isIn = (path: string, collection: string): boolean =>
  path === collection || path.replace(/\/namespaces\/[^/]+\//, '/') === collection;

function matches(object: FakeObject, query: URLSearchParams): boolean {
  const labels = object.metadata['labels'] ?? {};
  return (
    (query.get('labelSelector') ?? '').split(',').every((term) => holds(term, (key) => valueAt(labels, [key]))) &&
    (query.get('fieldSelector') ?? '').split(',').every((term) => holds(term, (key) => valueAt(object, key.split('.'))))
  );
}

/** `key`, `key=value` or `key!=value`. */
function holds(term: string, value: (key: string) => unknown): boolean {
  if (term === '') return true;
  const [, key = '', operator, wanted] = /^(.*?)(?:(!?=)(.*))?$/.exec(term) ?? [];
  if (operator === undefined) return value(key) !== undefined;
  return (String(value(key) ?? '') === wanted) === (operator === '=');
}

function pass(watcher: { collection: string; query: URLSearchParams; response: ServerResponse }, change: Change): void {
  if (isIn(change.collection, watcher.collection) && matches(change.object, watcher.query)) {
    write(watcher.response, change.type, change.object);
  }
}

const write = (response: ServerResponse, type: string, object: object) =>
  response.write(`${JSON.stringify({ type, object })}\n`);

export const status = (code: number, reason: string, message: string) => ({ kind: 'Status', code, reason, message });
const gone = status(410, 'Expired', 'too old resource version');

const answer = (response: ServerResponse, code: number, body: object): void => {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
