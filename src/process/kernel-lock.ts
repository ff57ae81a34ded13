// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf } from '../errors/vdpa-error.ts';

/** A lock that the kernel keeps: it is gone when its holder is, however that ended, so none is ever stale. */
export interface KernelLock {
  release(): Promise<void>;
}

const askHolderMs = 500;
const maxAnswerLength = 1024;

/** `sun_path` less its leading NUL: a longer address is cut off without a word, and two locks would be one. */
const maxAddressBytes = 107;

/**
 * Takes the lock `name`, or answers what its holder says of itself. The lock is a socket in the abstract name space
 * (unix(7)): binding is atomic, and the name disappears with the process. It holds within a network namespace.
 */
export async function takeLock(name: string, holder: string): Promise<KernelLock | { readonly heldBy: string | null }> {
  const address = addressOf(name);
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    client.on('error', () => {}).end(holder);
    client.unref();
  });
  try {
    await listen(server, address);
  } catch (error) {
    if (errnoOf(error) !== 'EADDRINUSE') throw error;
    return { heldBy: await askHolder(address) };
  }
  server.on('error', () => {}); // one who asked and could not be answered; the lock stands
  server.unref();
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // One who asked and never hung up must not keep the holder from ending.
        for (const client of clients) client.destroy();
      }),
  };
}

function addressOf(name: string): string {
  const address = `\0vdpactl:${name}`;
  if (Buffer.byteLength(address) <= maxAddressBytes) return address;
  return `\0vdpactl:sha256:${createHash('sha256').update(name).digest('hex')}`;
}

/** Whether somebody has the lock `name` at this moment. */
export function isHeld(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(addressOf(name));
    const finish = (held: boolean) => {
      socket.destroy();
      resolve(held);
    };
    socket.on('error', () => finish(false)).on('connect', () => finish(true));
  });
}

/** As `takeLock`, but a holder that is just ending is waited for: its name goes a moment after the rest of it. */
export async function takeLockWithin(
  name: string,
  holder: string,
  waitMs: number,
): Promise<KernelLock | { readonly heldBy: string | null }> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const result = await takeLock(name, holder);
    if (isLock(result) || performance.now() >= deadline) return result;
    await sleep(50);
  }
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

/**
 * What the holder says of itself within half a second; null for silence. Any user may bind an abstract address, so the
 * answer is untrusted: it is bounded, and nothing in it can move a terminal's cursor.
 */
function askHolder(address: string): Promise<string | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(address);
    const finish = (answer: string | null) => {
      clearTimeout(deadline);
      socket.destroy();
      resolve(answer);
    };
    const deadline = setTimeout(() => finish(null), askHolderMs);
    socket.on('error', () => finish(null));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (chunks.reduce((sum, { length }) => sum + length, 0) > maxAnswerLength) finish(null);
    });
    socket.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8').replace(/\p{C}/gu, '?');
      finish(text === '' ? null : text);
    });
  });
}
