// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countFailure, restartDelayMs, stableMs } from '../../../dataplane/supervisor/restart-policy.ts';

it.each([
  [0, 0],
  [1, 200],
  [2, 400],
  [3, 800],
  [8, 25_600],
  [9, 30_000],
  [1_000_000, 30_000],
])('after %i failures in a row waits %i ms', (failures, delay) => {
  expect(restartDelayMs(failures)).toBe(delay);
});

it('waits ever longer, and never longer than half a minute', () => {
  fc.assert(
    fc.property(fc.nat(), (failures) => {
      expect(restartDelayMs(failures + 1)).toBeGreaterThanOrEqual(restartDelayMs(failures));
      expect(restartDelayMs(failures)).toBeLessThanOrEqual(30_000);
    }),
  );
});

it('forgets the failures of a process that ran for a while', () => {
  expect(countFailure(5, stableMs - 1)).toBe(6);
  expect(countFailure(5, stableMs)).toBe(0);
  expect(countFailure(5, Number.POSITIVE_INFINITY)).toBe(0);
});
