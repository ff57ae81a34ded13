// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, it } from 'vitest';
import { SupervisorWatch } from '../../../dataplane/agent/supervisor-watch.ts';
import { runDir, supervisorLock } from '../../../dataplane/contract/run-dir.ts';
import { isLock, takeLock } from '../../../src/process/kernel-lock.ts';
import { scratch } from '../../fixtures/scratch.ts';

const { folder } = scratch();
let watch: SupervisorWatch | null = null;
afterEach(() => watch?.stop());

it('knows at once whether the supervisor lives, and soon when that changes', async () => {
  const dir = runDir(folder());
  const lock = await takeLock(supervisorLock(dir.root), 'me');
  if (!isLock(lock)) throw new Error('somebody has the lock');
  watch = await SupervisorWatch.begin(dir);
  expect(watch.alive).toBe(true);
  await lock.release();
  await expect.poll(() => watch?.alive, { timeout: 5_000 }).toBe(false);
});

it('knows that there is none', async () => {
  watch = await SupervisorWatch.begin(runDir(folder()));
  expect(watch.alive).toBe(false);
});
