// SPDX-License-Identifier: Apache-2.0
import { run } from '../../../src/process/run.ts';
import { MountError, type Mounter } from './mounter.ts';

const timeoutMs = 10_000;

/**
 * Mounts through mount(8) and umount(8), for an agent without its helper. Paths are taken as they are: mount(8) would look
 * up what `/proc/PID/fd/N` is called and mount what has that name by then.
 */
export function mountPrograms(): Mounter {
  const call = async (program: string, args: readonly string[]): Promise<void> => {
    const path = '/usr/sbin:/usr/bin:/sbin:/bin';
    const result = await run(program, args, { env: { PATH: path, LC_ALL: 'C' }, timeoutMs });
    if (result.exitCode === 0) return;
    throw new MountError(`${program} ${args.join(' ')}`, null, result.failure ?? result.stderr.trim());
  };
  return {
    async tmpfs(target) {
      const options = 'size=64k,nr_inodes=64,mode=0755,nosuid,nodev,noexec';
      await call('mount', ['-n', '-t', 'tmpfs', '-o', options, '--make-shared', 'vdpactl', target]);
    },
    bind: (source, target) =>
      call('mount', ['-n', '--no-canonicalize', '-o', 'bind,nosuid,nodev,noexec', source, target]),
    unmount: (target) => call('umount', ['-n', '-l', '--no-canonicalize', target]),
    stop() {},
  };
}
