// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RateLimit } from '../../../src/cluster/client/rate-limit.ts';

describe('a rate limit', () => {
  test('lets a burst through at once, and then so many a second', () => {
    const limit = new RateLimit(10, 3, () => 0);
    expect([1, 2, 3, 4, 5].map(() => limit.reserve())).toEqual([0, 0, 0, 100, 200]);
  });

  test('refills while nobody asks, up to the burst', () => {
    let now = 0;
    const limit = new RateLimit(10, 3, () => now);
    for (let at = 0; at < 3; at += 1) limit.reserve();
    now = 60_000;
    expect([1, 2, 3, 4].map(() => limit.reserve())).toEqual([0, 0, 0, 100]);
  });

  test('never lets more through than the burst and what has come since', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(pauses, (steps) => {
        let now = 0;
        const limit = new RateLimit(20, 5, () => now);
        const turns = steps.map((step) => {
          now += step;
          return now + limit.reserve();
        });
        for (const [at, turn] of turns.entries()) {
          const within = turns.filter(
            (other) => other > turn - 1000 && other <= turn && turns.indexOf(other) <= at,
          ).length;
          expect(within).toBeLessThanOrEqual(5 + 20 + 1);
        }
      }),
    );
  });
});
