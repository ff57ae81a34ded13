// SPDX-License-Identifier: Apache-2.0
import { connect, createServer, type Server } from 'node:net';
import { errnoOf } from '../errors/vdpa-error.ts';

/** A lock that the kernel keeps: it is gone when its holder is, however that ended, so none is ever stale. */
export interface KernelLock {
  release(): Promise<void>;
}

const askHolderMs = 500;

/**
 * Takes the lock `name`, or answers what its holder says of itself. The lock is a socket in the abstract name space
 * (unix(7)): binding is atomic, and the name disappears with the process. It holds within a network namespace.
 */
export async function takeLock(name: string, holder: string): Promise<KernelLock | { readonly heldBy: string | null }> {
  const address = `\0vdpactl:${name}`;
  const server = createServer((client) => client.on('error', () => {}).end(holder));
  try {
    await listen(server, address);
  } catch (error) {
    if (errnoOf(error) !== 'EADDRINUSE') throw error;
    return { heldBy: await askHolder(address) };
  }
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

export function isLock(result: KernelLock | { readonly heldBy: string | null }): result is KernelLock {
  return 'release' in result;
}

function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function askHolder(address: string): Promise<string | null> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(address);
    const finish = (answer: string | null) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(askHolderMs, () => finish(null));
    socket.on('error', () => finish(null));
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
      if (text.length > 1024) finish(null);
    });
    socket.on('end', () => finish(text === '' ? null : text));
  });
}
