// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http';

/** What is answered at a path. */
export interface Page {
  readonly status: 200 | 503;
  readonly text: string;
  readonly type?: string;
}

export interface PageServer {
  readonly port: number;
  stop(): void;
}

const requestTimeoutMs = 5_000;
/** Kubelet asks one question at a time; more than this is nobody who means well. */
const maxConnections = 32;

export type Pages = Readonly<Record<string, () => Page>>;

/** Where only the node itself asks: with host network any other address shows the pages to whoever reaches the node. */
export const loopback = '127.0.0.1';

/** Serves pages. It reads nothing but the path. Rejects when the port is taken, or the address is not one of this machine. */
export async function servePages(address: string, port: number, pages: Pages): Promise<PageServer> {
  const server = createServer({ requestTimeout: requestTimeoutMs, maxHeaderSize: 4096 }, (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '';
    const page = request.method === 'GET' && Object.hasOwn(pages, path) ? pages[path]?.() : undefined;
    const { status, text, type } = page ?? { status: 404, text: 'not found\n', type: undefined };
    response.writeHead(status, { 'Content-Type': type ?? 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
    response.end(text);
  });
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', () => {});
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
