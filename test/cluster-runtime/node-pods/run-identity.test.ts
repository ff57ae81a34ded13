// SPDX-License-Identifier: Apache-2.0
import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { formatRun, isOverText, newRun } from '../../../src/cluster/node-pods/run-identity.ts';
import { identify } from '../../../src/process/process-table.ts';

const later = new Date(Date.now() + 60_000).toISOString();
const before = '2020-01-01T00:00:00.000Z';
const here = hostname();
const self = identify(process.pid);

it('knows its own run as living, also when it takes longer than it thought', () => {
  const run = newRun(-1000);
  expect(isOverText(formatRun(run))).toBe(false);
  expect(newRun(0).id).not.toBe(run.id);
});

it.each([
  ['a process of this host that is gone', `${here}/4194303/1 until ${later}`, true],
  ['another one with its id', `${here}/${process.pid}/${(self?.startTicks ?? 0) + 1} until ${later}`, true],
  ['one of another host, in its time', `elsewhere/1/1 until ${later}`, false],
  ['one of another host, after its time', `elsewhere/1/1 until ${before}`, true],
  ['something else', 'x', true],
  ['nothing', '', true],
])('%s', (_, text, over) => expect(isOverText(text)).toBe(over));
