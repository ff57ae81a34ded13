// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelEvery, niceAxis } from '../../../../src/bench/report/charts/scale.ts';
import '../../fixture.ts';

describe('niceAxis', () => {
  it.each([
    [0, 10, ['0', '2', '4', '6', '8', '10']],
    [128_900, 133_500, ['128k', '129k', '130k', '131k', '132k', '133k', '134k']],
    [14_180_000, 14_310_000, ['14.15M', '14.20M', '14.25M', '14.30M', '14.35M']],
    [0, 0, ['0', '0.2', '0.4', '0.6', '0.8', '1.0']],
  ])('from %d to %d', (low, high, labels) => {
    expect(niceAxis(low, high).ticks.map(({ label }) => label)).toEqual(labels);
  });

  it('covers the values, with few ticks that are told apart', () => {
    const value = fc.double({ min: 0, max: 1e11, noNaN: true });
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        const axis = niceAxis(low, high);
        const slack = (axis.high - axis.low) * 1e-6;
        expect(axis.low).toBeLessThanOrEqual(low + slack);
        expect(axis.high).toBeGreaterThanOrEqual(high - slack);
        expect(axis.high).toBeGreaterThan(axis.low);
        expect(axis.ticks.length).toBeGreaterThanOrEqual(2);
        expect(axis.ticks.length).toBeLessThanOrEqual(8);
        if ((high - low) / Math.max(1, high) > 1e-4) {
          expect(new Set(axis.ticks.map(({ label }) => label)).size).toBe(axis.ticks.length);
        }
      }),
    );
  });
});

describe('labelEvery', () => {
  it.each([
    [5, 16, 1],
    [16, 16, 1],
    [17, 16, 2],
    [100, 16, 10],
    [5000, 16, 5000],
  ])('of %d labels with room for %d every %dth', (count, room, every) => {
    expect(labelEvery(count, room)).toBe(every);
  });
});
