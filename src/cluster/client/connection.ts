// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { version } from '../../version.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { ConnectionFailure } from './connection-failure.ts';
import { Credentials, dataOrFile } from './credentials.ts';
import type { ClusterAccess } from './kubeconfig.ts';
import { proxyFor, tunnelAgent } from './proxy.ts';

/** Beyond this, requests to one API server wait for each other. */
const maxSockets = 32;

export interface RawRequest {
  readonly method: string;
  /** Path and query below the address of the server. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly accept?: string;
  /** Until the head of the answer has come. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Sends requests to one API server: address, TLS, proxy and credentials. Kept-alive connections are reused. */
export class Connection {
  readonly access: ClusterAccess;
  readonly credentials: Credentials;
  readonly #agent: HttpAgent;
  /** Those whose server has answered. A socket that a waiting request inherits from another does not say so itself. */
  readonly #connected = new WeakSet<object>();
  readonly #tls: { readonly ca?: Buffer; readonly servername?: string; readonly rejectUnauthorized: boolean };

  constructor(access: ClusterAccess, options: ClusterOptions, env: NodeJS.ProcessEnv) {
    const { cluster, server } = access;
    this.access = access;
    this.credentials = new Credentials(access, options, env);
    const proxy = proxyFor(server, cluster['proxy-url'], env);
    const agentOptions = { keepAlive: true, maxSockets };
    const direct = server.protocol === 'https:' ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
    this.#agent = proxy === null ? direct : tunnelAgent(server, proxy, maxSockets);
    const ca = dataOrFile(cluster['certificate-authority-data'], cluster['certificate-authority']);
    const servername = cluster['tls-server-name'];
    this.#tls = {
      ...(ca === null ? {} : { ca }),
      ...(servername === undefined ? {} : { servername }),
      rejectUnauthorized: !cluster['insecure-skip-tls-verify'],
    };
  }

  /** Resolves with the head of the answer, whatever its status. @throws ConnectionFailure when none came. */
  async send(request: RawRequest): Promise<IncomingMessage> {
    const { server } = this.access;
    const { signal, body } = request;
    const credential = await this.credentials.get(signal);
    signal?.throwIfAborted();
    // Many requests at once wait for one signal, and Node.js would take their listeners for a leak.
    if (signal !== undefined) setMaxListeners(0, signal);
    const options = {
      protocol: server.protocol,
      hostname: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port,
      method: request.method,
      path: `${server.pathname.replace(/\/+$/, '')}${request.path}`,
      agent: this.#agent,
      headers: {
        accept: request.accept ?? 'application/json',
        'user-agent': `vdpactl/${version}`,
        ...(body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
        ...credential.headers,
      },
      ...(server.protocol === 'https:' ? { ...this.#tls, cert: credential.cert, key: credential.key } : {}),
      ...(signal === undefined ? {} : { signal }),
    };
    return new Promise((resolve, reject) => {
      let connected = false;
      const fail = (error: unknown, reused: boolean) => reject(new ConnectionFailure(error, { connected, reused }));
      try {
        const sent = server.protocol === 'https:' ? httpsRequest(options) : httpRequest(options);
        const deadline = setTimeout(() => {
          fail(new Error(`no answer within ${Math.round(request.timeoutMs / 1000)} s`), false);
          sent.destroy();
        }, request.timeoutMs);
        sent.once('socket', (socket) => {
          connected = sent.reusedSocket || this.#connected.has(socket);
          if (connected) return;
          socket.once(server.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
            this.#connected.add(socket);
            connected = true;
          });
        });
        sent.once('response', (response) => {
          clearTimeout(deadline);
          resolve(response);
        });
        sent.once('error', (error) => {
          clearTimeout(deadline);
          fail(error, sent.reusedSocket);
        });
        sent.end(body);
      } catch (error) {
        // A certificate or key that is none is found when the request is made.
        fail(error, false);
      }
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
