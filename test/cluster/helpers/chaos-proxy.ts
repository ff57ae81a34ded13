// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, Agent as HttpsAgent, request as httpsRequest, type Server } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiServer } from '../api-server.ts';
import { kubeconfigText } from './api-server-secrets.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';

/** A request on its way to the API server. */
export interface ProxiedRequest {
  /** From 1 on, since the last reset. */
  readonly index: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** What the server answered; null: it was not asked, or has not answered yet. */
  status: number | null;
}

/** What is done to a request; nothing unless it says so. */
export interface Treatment {
  /** Runs before the server sees it. */
  readonly before?: () => void | Promise<void>;
  /** Runs when the server has done it and before the answer goes on. */
  readonly after?: () => void | Promise<void>;
  /** Answers it without asking the server. */
  readonly answer?: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  /** Cuts the connection: before the server sees it, instead of its answer, or after so many bytes of its answer. */
  readonly cut?: 'before' | 'answer' | number;
  /** The answer trickles: so long between one piece and the next, ms. */
  readonly slowMs?: number;
}

/**
 * A real proxy between vdpactl and an API server, which does to its requests what a test says. It ends TLS itself, and has a
 * kubeconfig of its own.
 */
export class ChaosProxy {
  /** Of the administrator. */
  readonly kubeconfig: string;
  /** Says what is done to a request. */
  treat: (request: ProxiedRequest) => Treatment | null = () => null;
  /** All since the last reset, in the order in which they came. */
  requests: ProxiedRequest[] = [];
  readonly #server: Server;
  readonly #agent: HttpsAgent;
  readonly #upstream: ApiServer;
  readonly #authority: string;
  readonly #url: string;
  #underWay = 0;

  private constructor(upstream: ApiServer, server: Server, port: number, authority: string) {
    this.#upstream = upstream;
    this.#server = server;
    this.#agent = new HttpsAgent({ ca: upstream.authority, keepAlive: true, maxSockets: 256 });
    this.#authority = authority;
    this.#url = `https://127.0.0.1:${port}`;
    server.on('request', (request, response) => void this.#pass(request, response));
    this.kubeconfig = this.kubeconfigOf('admin');
  }

  static async start(upstream: ApiServer): Promise<ChaosProxy> {
    const pair = selfSignedCertificate();
    const server = createServer({ ...pair, keepAliveTimeout: 120_000 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    return new ChaosProxy(upstream, server, port, pair.cert);
  }

  /** A kubeconfig through this proxy, of a user of the API server, or with another token. */
  kubeconfigOf(user: string, token = this.#upstream.tokenOf(user)): string {
    const file = join(this.#upstream.folder, `proxy-${this.#url.split(':').at(-1)}-${user}.kubeconfig`);
    writeFileSync(file, kubeconfigText(this.#url, this.#authority, user, token), { mode: 0o600 });
    return file;
  }

  /** Forgets what it saw, and does nothing any more. */
  reset(): void {
    this.requests = [];
    this.treat = () => null;
  }

  /** Resolves when the server has done all that was passed on to it, also of a program that is gone. */
  async idle(): Promise<void> {
    // What a program sent last may not have been read yet.
    do await sleep(10);
    while (this.#underWay > 0);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#agent.destroy();
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', this.#url);
    const index = this.requests.length + 1;
    const request: ProxiedRequest = {
      ...{ index, method: incoming.method ?? 'GET', path: pathname, query: searchParams },
      status: null,
    };
    this.requests.push(request);
    const treatment = this.treat(request) ?? {};
    this.#underWay += 1;
    try {
      const body = await readAll(incoming);
      await treatment.before?.();
      if (treatment.cut === 'before') return;
      if (treatment.answer !== undefined) {
        const { status, headers = {}, body: text = '{}' } = treatment.answer;
        outgoing.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
        return;
      }
      const answer = await this.#ask(incoming, body, outgoing);
      request.status = answer.statusCode ?? 0;
      await treatment.after?.();
      if (treatment.cut !== 'answer') await send(answer, outgoing, treatment);
      else answer.destroy();
    } catch {
      // The server is away: so is the connection.
    } finally {
      this.#underWay -= 1;
      if (!outgoing.writableEnded) incoming.socket.destroy();
    }
  }

  #ask(incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { host: _, connection: __, ...headers } = incoming.headers;
      const options = { method: incoming.method, headers, agent: this.#agent };
      const asked = httpsRequest(new URL(incoming.url ?? '/', this.#upstream.url), options);
      asked.once('response', (answer) => {
        // Nobody listens to a watch any more. Anything else the server does to its end.
        outgoing.once('close', () => answer.destroy());
        resolve(answer);
      });
      asked.once('error', reject);
      asked.end(body);
    });
  }
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function send(answer: IncomingMessage, outgoing: ServerResponse, { cut, slowMs }: Treatment): Promise<void> {
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  outgoing.flushHeaders();
  let left = typeof cut === 'number' ? cut : Number.POSITIVE_INFINITY;
  for await (const piece of answer) {
    if (slowMs !== undefined) await sleep(slowMs);
    outgoing.write(piece.subarray(0, left));
    left -= piece.length;
    if (left <= 0) return;
  }
  outgoing.end();
}
