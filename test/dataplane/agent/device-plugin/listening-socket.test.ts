// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listeningSocket } from '../../../../dataplane/agent/device-plugin/listening-socket.ts';
import { scratch } from '../../../fixtures/scratch.ts';

const { folder } = scratch();

/** A /proc with this table of sockets. */
function proc(table: string): string {
  const root = join(folder(), 'proc');
  mkdirSync(join(root, 'net'), { recursive: true });
  writeFileSync(join(root, 'net', 'unix'), `Num RefCount Protocol Flags Type St Inode Path\n${table}\n`);
  return root;
}

describe('a UNIX socket that listens', () => {
  it('is found on this machine, for as long as it does', async () => {
    const path = join(folder(), 'a socket');
    expect(listeningSocket(path)).toBeNull();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const inode = listeningSocket(path);
    expect(inode).toMatch(/^\d+$/);
    await new Promise((resolve) => server.close(resolve));
    expect(listeningSocket(path)).toBeNull();
  });

  it.each([
    ['one that is connected only', '0: 00000003 00000000 00000000 0001 03 41 /a.sock', null],
    ['another path', '0: 00000002 00000000 00010000 0001 01 41 /a.sock.old', null],
    ['no path', '0: 00000002 00000000 00010000 0001 01 41', null],
    ['the one that listens', '0: 00000002 00000000 00010000 0001 01 41 /a.sock', '41'],
  ])('takes of the kernel’s table: %s', (_, line, inode) => {
    expect(listeningSocket('/a.sock', proc(line))).toBe(inode);
  });
});
