// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { addWaits } from '../../../src/cluster/wait/add-waits.ts';
import type { WaitResult } from '../../../src/cluster/wait/wait-options.ts';

const wait = (waitedMs: number, pullMs: number, readyAfterMs: Record<string, number | null>): WaitResult => ({
  ...{ waitedMs, pullMs, nodes: [], unavailableNodes: [] },
  objects: Object.entries(readyAfterMs).map(([name, afterMs]) => ({
    ref: { apiVersion: 'apps/v1', kind: 'DaemonSet', resource: 'daemonsets', namespace: 'n', name },
    status: 'Current',
    message: '',
    readyAfterMs: afterMs,
  })),
});

it('says how long both took, and since the first began when each was ready', () => {
  const parts = wait(70_000, 30_000, { agent: 65_000 });
  const all = wait(20_000, 5_000, { agent: 10, l3fwd: 19_000, never: null });
  expect(addWaits(parts, all)).toEqual(wait(90_000, 35_000, { agent: 65_000, l3fwd: 89_000, never: null }));
});

it('is as things are after the second', () => {
  const unavailableNodes = [{ name: 'node-1', why: 'it is not ready' }];
  const before = { ...wait(1, 0, {}), unavailableNodes };
  expect(addWaits(before, wait(2, 0, {}))).toEqual(wait(3, 0, {}));
});
