// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiError } from './api-error.ts';
import type { ApiRequest } from './api-request.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { Connection } from './connection.ts';
import { ConnectionFailure, unreachable } from './connection-failure.ts';
import { type ClusterAccess, loadAccess } from './kubeconfig.ts';
import { RateLimit } from './rate-limit.ts';
import { readLimited, readLines } from './read-body.ts';
import { backOff, isRepeatable, pauseAfterStatus } from './retry-pause.ts';

/** Ask for the metadata alone, of one object and of a list, where nothing else of an answer is read. */
export const metadataOfOne = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
export const metadataOfMany = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
/** The content type of server-side apply. JSON is YAML. */
export const applyPatch = 'application/apply-patch+yaml';

const defaultTimeoutMs = 30_000;
/** The largest answer that is read: a list of 10,000 nodes is about 100 MB. */
const answerLimitBytes = 256 * 1024 * 1024;
/** A few hundred at once is what a deployment takes; beyond that an API server has others to answer too. */
const requestsAtOnce = 300;
const requestsPerSecond = 100;
/** An API server ends a watch by then; one whose end got lost is given up a little later. */
const watchSeconds = 60;

/** A client of one API server as one user. Objects go out and come in as they are. */
export class KubeClient {
  readonly #connection: Connection;
  readonly #limit: RateLimit | null;
  /** Once the server was reached, it is waited for when it is away for a moment. */
  #reached = false;

  /** `limit`: null for none, which only a simulator may have. */
  constructor(connection: Connection, limit: RateLimit | null = new RateLimit(requestsPerSecond, requestsAtOnce)) {
    this.#connection = connection;
    this.#limit = limit;
  }

  get access(): ClusterAccess {
    return this.#connection.access;
  }

  /**
   * Sends a request and answers the object that came back. What can be repeated is, until the time is over: after 429,
   * after 5xx, and while a server that was reached before is away.
   * @throws ApiError for a status of 400 or more; VdpaError VDPA-CLUSTER-002 and -005 when no answer came.
   */
  async request(request: ApiRequest): Promise<unknown> {
    const { status, text } = await this.#send(request, async (response) => {
      const body = await readLimited(response, answerLimitBytes, request.signal);
      return { status: response.statusCode ?? 0, text: body.text };
    });
    try {
      return JSON.parse(text);
    } catch {
      throw apiError(status, `an answer that is not JSON: ${text.slice(0, 100)}`, asked(request), this.access);
    }
  }

  /** The text of a log, at most `limitBytes` of it. */
  text(request: ApiRequest, limitBytes: number): Promise<{ readonly text: string; readonly truncated: boolean }> {
    return this.#send(request, (response) => readLimited(response, limitBytes, request.signal));
  }

  /** The lines of a watch, until the server ends it or the signal aborts. A connection that is cut ends it too. */
  async *watch(request: ApiRequest): AsyncGenerator<unknown> {
    const query = { ...request.query, watch: true, allowWatchBookmarks: true, timeoutSeconds: watchSeconds };
    const response = await this.#send({ ...request, query }, async (answer) => answer);
    const giveUp = setTimeout(() => response.destroy(), (watchSeconds + 15) * 1000);
    try {
      for await (const line of readLines(response)) yield JSON.parse(line);
    } catch {
      // Cut off, or in the middle of a line: whoever watches asks again from where it came to.
      request.signal?.throwIfAborted();
    } finally {
      clearTimeout(giveUp);
      response.destroy();
    }
  }

  /** Ends what is under way, and lets the process end. */
  close(): void {
    this.#connection.close();
  }

  /** An answer whose body is cut off is as good as none. */
  async #send<Answer>(request: ApiRequest, read: (response: IncomingMessage) => Promise<Answer>): Promise<Answer> {
    const deadline = performance.now() + (request.timeoutMs ?? defaultTimeoutMs);
    let renewed = false;
    for (let attempt = 0; ; attempt += 1) {
      const left = deadline - performance.now();
      let pauseMs: number | null;
      let error: unknown;
      try {
        await this.#limit?.turn(request.signal);
        const response = await this.#connection.send({ ...rawRequest(request), timeoutMs: Math.max(left, 1000) });
        this.#reached = true;
        const status = response.statusCode ?? 0;
        if (status < 400) return await read(response).catch(cutOff);
        const { text } = await readLimited(response, 1024 * 1024, request.signal).catch(cutOff);
        error = apiError(status, text, asked(request), this.access);
        if (status === 401 && !renewed && this.#connection.credentials.drop()) {
          renewed = true;
          continue;
        }
        pauseMs = pauseAfterStatus(status, response.headers['retry-after'], request, attempt);
      } catch (thrown) {
        request.signal?.throwIfAborted();
        if (!(thrown instanceof ConnectionFailure)) throw thrown;
        error = unreachable(thrown, this.access);
        pauseMs = this.#pauseAfterFailure(thrown, request, attempt);
      }
      if (pauseMs === null || performance.now() + pauseMs >= deadline) throw error;
      await sleep(pauseMs, undefined, request.signal === undefined ? {} : { signal: request.signal });
    }
  }

  #pauseAfterFailure({ reused, connected }: ConnectionFailure, request: ApiRequest, attempt: number): number | null {
    // The server closed a connection that was kept alive, just when it was used again: it has not read the request.
    if (reused && attempt < 3) return 0;
    const repeatable = !connected || isRepeatable(request);
    return this.#reached && repeatable ? backOff(attempt) : null;
  }
}

function cutOff(cause: unknown): never {
  throw new ConnectionFailure(cause, { connected: true, reused: false });
}

/** @throws VdpaError VDPA-CLUSTER-001 when there is no cluster to be a client of. */
export function connect(
  options: ClusterOptions,
  env: NodeJS.ProcessEnv,
  cwd: string,
  limit?: RateLimit | null,
): KubeClient {
  return new KubeClient(new Connection(loadAccess(options, env, cwd), options, env), limit);
}

function queryText(query: NonNullable<ApiRequest['query']>): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) parameters.set(key, String(value));
  return parameters.toString();
}

function rawRequest(request: ApiRequest) {
  const { path, query = {}, body, contentType, accept, signal } = request;
  const text = queryText(query);
  return {
    method: request.method ?? 'GET',
    path: text === '' ? path : `${path}?${text}`,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(accept === undefined ? {} : { accept }),
    ...(signal === undefined ? {} : { signal }),
  };
}

const asked = ({ method = 'GET', path }: ApiRequest) => ({ method, path });
