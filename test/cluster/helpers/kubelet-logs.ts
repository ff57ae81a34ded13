// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from 'node:https';
import { selfSignedCertificate } from './self-signed-certificate.ts';

/** What the API server asks a kubelet for when somebody wants a log. One of these serves for all simulated nodes. */
export class KubeletLogs {
  readonly #logs = new Map<string, string>();
  readonly #server: Server;
  readonly port: number;

  private constructor(server: Server, port: number, logs: Map<string, string>) {
    this.#server = server;
    this.port = port;
    this.#logs = logs;
  }

  static async start(): Promise<KubeletLogs> {
    const logs = new Map<string, string>();
    const server = createServer(selfSignedCertificate(), (request, response) => {
      const [, kind, namespace, pod] = new URL(request.url ?? '/', 'https://kubelet').pathname.split('/');
      const log = kind === 'containerLogs' ? logs.get(`${namespace}/${pod}`) : undefined;
      response.writeHead(log === undefined ? 404 : 200, { 'content-type': 'text/plain' });
      response.end(log ?? 'there is no such log');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    return new KubeletLogs(server, address !== null && typeof address === 'object' ? address.port : 0, logs);
  }

  set({ namespace, name }: { readonly namespace: string; readonly name: string }, log: string): void {
    this.#logs.set(`${namespace}/${name}`, log);
  }

  delete({ namespace, name }: { readonly namespace: string; readonly name: string }): void {
    this.#logs.delete(`${namespace}/${name}`);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
