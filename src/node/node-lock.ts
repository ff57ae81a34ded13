// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../errors/vdpa-error.ts';
import type { Progress } from '../output/progress.ts';
import { isLock, takeLock, takeLockWithin } from '../process/kernel-lock.ts';

/** Longer than a node takes to be prepared: the agent and the device plugin of a node may both begin with that. */
const waitForOtherMs = 60_000;

/**
 * Runs `work` as the only one that prepares or restores this node, after whoever is at it. Throws VDPA-LOCK-001 naming
 * them when that takes too long.
 */
export async function withNodeLock<Result>(
  command: string,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
  work: () => Promise<Result>,
  waitMs = waitForOtherMs,
): Promise<Result> {
  const holder = `vdpactl ${command}, process ${process.pid}, since ${new Date().toISOString()}`;
  let lock = await takeLock('node', holder);
  if (!isLock(lock) && waitMs > 0) {
    progress.step(`wait for another run: ${lock.heldBy ?? 'it does not say which'}`);
    const deadline = performance.now() + waitMs;
    while (!isLock(lock) && performance.now() < deadline) {
      signal.throwIfAborted();
      lock = await takeLockWithin('node', holder, 500);
    }
  }
  if (!isLock(lock)) {
    throw new VdpaError(
      'VDPA-LOCK-001',
      `another run is changing this node: ${lock.heldBy ?? 'it does not say which'}`,
      {
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
