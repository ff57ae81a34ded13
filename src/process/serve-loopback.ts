// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http';

/** What is answered at a path. */
export interface Page {
  readonly status: 200 | 503;
  readonly text: string;
  readonly type?: string;
}

export interface LoopbackServer {
  readonly port: number;
  stop(): void;
}

const requestTimeoutMs = 5_000;
/** Kubelet asks one question at a time; more than this is nobody who means well. */
const maxConnections = 32;

/**
 * Serves pages to the node itself: on the loopback interface, because with host network any other address would show them
 * to the whole network. It reads nothing but the path. Rejects when the port is taken.
 */
export async function serveLoopback(
  port: number,
  pages: Readonly<Record<string, () => Page>>,
): Promise<LoopbackServer> {
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
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', () => {});
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
