// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { diskSuffix } from './helpers/run-dirs.ts';
import { describeLocal, type TestStack, useStack } from './helpers/stack.ts';

const full = { code: 'VDPA-DISK-001', exit: 5 };

/** Mounts a small file system for a run directory and answers where; null where this machine does not let us. */
function smallDisk(stack: TestStack, options: string): string | null {
  const at = `${stack.root}${diskSuffix}`;
  const unmount = () => {
    spawnSync('umount', [at], { stdio: 'ignore' });
    rmSync(at, { recursive: true, force: true });
  };
  unmount();
  mkdirSync(at);
  stack.onEnd(unmount);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'vdpactl-test', at], { stdio: 'ignore' });
  return mounted.status === 0 ? at : null;
}

function fill(path: string): void {
  try {
    for (;;) writeFileSync(path, Buffer.alloc(64 * 1024), { flag: 'a' });
  } catch {
    // no room left: that was the aim
  }
}

describeLocal('a full disk', () => {
  const stack = useStack();

  it('from the start is said before anything is made', async (context) => {
    const disk = smallDisk(stack(), 'size=4m');
    if (disk === null) return context.skip('no tmpfs can be mounted here');
    const error = await stack().refused('deploy', ['--run-dir', join(disk, 'run')], full);
    expect(error.message).toContain('found 4 MiB');
    expect(readdirSync(disk)).toEqual([]);
  });

  it('in mid-deploy leaves nothing behind, wherever it strikes', async (context) => {
    // Without a free inode a file cannot be made: in the run directory, for the stack, for a daemon's log, for a socket.
    for (const inodes of [2, 8, 10, 13, 16]) {
      const disk = smallDisk(stack(), `size=64m,nr_inodes=${inodes}`);
      if (disk === null) return context.skip('no tmpfs can be mounted here');
      await stack().refused('deploy', ['--run-dir', join(disk, 'run'), '--timeout', '4'], full);
      expect(readdirSync(disk), `${inodes} inodes`).toEqual([]);
    }
  });

  it('under a running stack lets it run, and refuses what needs room', async (context) => {
    const disk = smallDisk(stack(), 'size=20m');
    if (disk === null) return context.skip('no tmpfs can be mounted here');
    const at = ['--run-dir', join(disk, 'run')];
    stack().onEnd(async () => void (await stack().run('destroy', at)));
    await stack().deploy(at);
    fill(join(disk, 'filler'));
    await stack().refused('attach', ['app', ...at], full);
    await stack().refused('bench', at, full);
    await stack().refused('deploy', ['--devices', '2', ...at], full);
    expect((await stack().run('status', at)).code).toBe(0);
    expect((await stack().run('destroy', at)).code).toBe(0);
    expect(readdirSync(disk)).toEqual(['filler']);
  });
});
