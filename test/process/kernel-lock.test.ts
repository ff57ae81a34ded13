// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/files/package-root.ts';
import { isHeld, isLock, type KernelLock, takeLock } from '../../src/process/kernel-lock.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0)) await step();
});

let count = 0;
const newName = (): string => `test:${process.pid}:${count++}`;

async function taken(name: string, holder = 'me'): Promise<KernelLock> {
  const lock = await takeLock(name, holder);
  if (!isLock(lock)) throw new Error(`held by ${lock.heldBy}`);
  undo.push(() => lock.release());
  return lock;
}

/** One who has bound the name and is none of ours. */
async function stranger(name: string, answer: (client: Socket) => void): Promise<Server> {
  const clients: Socket[] = [];
  const server = createServer((client) => {
    clients.push(client.on('error', () => {}));
    answer(client);
  });
  server.listen(`\0vdpactl:${name}`);
  await once(server, 'listening');
  undo.push(() => {
    for (const client of clients) client.destroy();
    server.close();
  });
  return server;
}

describe('the kernel lock', () => {
  it('is had by one at a time, who is named to the others', async () => {
    const name = newName();
    const lock = await taken(name, 'vdpactl deploy, process 1, ä');
    expect(await takeLock(name, 'second')).toEqual({ heldBy: 'vdpactl deploy, process 1, ä' });
    expect(await takeLock(name, 'third')).toEqual({ heldBy: 'vdpactl deploy, process 1, ä' });
    await lock.release();
    await taken(name, 'second');
  });

  it('is had by one of many who ask at once', async () => {
    const name = newName();
    const all = await Promise.all(Array.from({ length: 20 }, (_, index) => takeLock(name, String(index))));
    const locks = all.filter(isLock);
    undo.push(...locks.map((lock) => () => lock.release()));
    expect(locks).toHaveLength(1);
  });

  it('does not touch a lock of another name, long names included', async () => {
    const long = `stack:/${'x'.repeat(200)}`;
    await taken(`${long}1`, 'one');
    await taken(`${long}2`, 'two');
    expect(await takeLock(`${long}1`, 'late')).toEqual({ heldBy: 'one' });
  });

  it('is free at once when its holder is killed', async () => {
    const name = newName();
    const module = join(packageRoot(), 'src/process/kernel-lock.ts');
    const program = `import { takeLock } from ${JSON.stringify(module)}; await takeLock(${JSON.stringify(name)}, 'child'); console.log('held'); setInterval(() => {}, 1000)`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      cwd: packageRoot(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    undo.push(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    expect(await takeLock(name, 'late')).toEqual({ heldBy: 'child' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await taken(name);
  });

  it('is let go though one who asked for its holder never hangs up', async () => {
    const name = newName();
    const lock = await taken(name);
    const asker = connect({ path: `\0vdpactl:${name}`, allowHalfOpen: true });
    undo.push(() => asker.destroy());
    await once(asker, 'connect');
    await once(asker.resume(), 'end');
    await lock.release();
    await taken(name);
  });

  it.each<[string, (client: Socket) => void]>([
    ['says nothing', () => {}],
    ['hangs up', (client) => client.end()],
    ['is gone in mid-answer', (client) => client.destroy()],
    ['talks without end', (client) => client.write('x'.repeat(100_000))],
    [
      'talks slowly without end',
      (client) => {
        const timer = setInterval(() => client.write('x'), 20);
        client.on('close', () => clearInterval(timer));
      },
    ],
  ])('is refused in good time when its holder %s', async (_what, answer) => {
    const name = newName();
    await stranger(name, answer);
    const began = performance.now();
    expect(await takeLock(name, 'me')).toEqual({ heldBy: null });
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('hands on nothing that a terminal would obey', async () => {
    const name = newName();
    await stranger(name, (client) => client.end('\u001b[2Jroot\n\u202eevil'));
    expect(await takeLock(name, 'me')).toEqual({ heldBy: '?[2Jroot??evil' });
  });
});

it('tells whether somebody has a lock, without taking it', async () => {
  const name = newName();
  expect(await isHeld(name)).toBe(false);
  const lock = await taken(name);
  expect(await isHeld(name)).toBe(true);
  await lock.release();
  expect(await isHeld(name)).toBe(false);
});
