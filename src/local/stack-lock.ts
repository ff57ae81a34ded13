// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../errors/vdpa-error.ts';
import { isLock, takeLock } from '../process/kernel-lock.ts';

/**
 * Runs `work` as the only one that changes the stack in `runDir`. Throws VDPA-LOCK-001 naming who is at work. The
 * kernel keeps the lock, so one whose holder was killed is free at once.
 */
export async function withStackLock<Result>(
  runDir: string,
  command: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const holder = `vdpactl ${command}, process ${process.pid}, since ${new Date().toISOString()}`;
  const lock = await takeLock(`stack:${runDir}`, holder);
  if (!isLock(lock)) {
    throw new VdpaError(
      'VDPA-LOCK-001',
      `another run is changing this stack: ${lock.heldBy ?? 'it does not say which'}`,
      {
        where: runDir,
        next: 'wait until it is done and run the same command again; if it hangs, end that process: the lock goes with it',
      },
    );
  }
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
