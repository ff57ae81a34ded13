// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { withNodeLock } from '../../src/node/node-lock.ts';
import { silentProgress } from '../../src/output/progress.ts';
import { errorOf } from './harness.ts';

const quiet = { progress: silentProgress, signal: new AbortController().signal };

it('lets one change the node at a time, and names it to those who have waited long enough', async () => {
  const error = await withNodeLock('node prepare', quiet, () =>
    errorOf(withNodeLock('node restore', quiet, async () => {}, 0)),
  );
  expect(error).toMatchObject({ code: 'VDPA-LOCK-001', exitCode: 5 });
  expect(error.message).toContain(`vdpactl node prepare, process ${process.pid}`);
});

it('lets the next one at it as soon as the first is done', async () => {
  const order: string[] = [];
  const said: string[] = [];
  const progress = { ...silentProgress, step: (text: string) => void said.push(text) };
  const run = (name: string) =>
    withNodeLock(`node ${name}`, { ...quiet, progress }, async () => {
      order.push(`${name} begins`);
      await sleep(20);
      order.push(`${name} ends`);
    });
  const first = run('prepare');
  await Promise.all([first, run('restore')]);
  expect(order).toEqual(['prepare begins', 'prepare ends', 'restore begins', 'restore ends']);
  expect(said).toEqual([expect.stringMatching(/^wait for another run: vdpactl node prepare, process/)]);
});

it('waits no longer than its user does', async () => {
  const stop = new AbortController();
  await withNodeLock('node prepare', quiet, async () => {
    const waiting = withNodeLock('node restore', { ...quiet, signal: stop.signal }, async () => {});
    stop.abort(new Error('stopped by the user'));
    await expect(waiting).rejects.toThrow('stopped by the user');
  });
});
