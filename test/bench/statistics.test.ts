// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  mean,
  median,
  medianAbsoluteDeviation,
  medianConfidenceInterval,
  quantile,
  relativeSpread,
  standardDeviation,
  summarize,
} from '../../src/bench/statistics.ts';
import './fixture.ts';

const rates = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 60 });

describe('statistics of known samples', () => {
  it.each([
    [[5], 5],
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
  ])('median of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('agrees with R for a small sample', () => {
    const values = [2, 4, 4, 4, 5, 5, 7, 9];
    expect(mean(values)).toBeCloseTo(5, 12);
    expect(standardDeviation(values)).toBeCloseTo(2.13809, 5);
    expect(quantile(values, 0.25)).toBe(4);
    expect(quantile(values, 0.75)).toBe(5.5);
    expect(medianAbsoluteDeviation(values)).toBe(0.5);
    expect(relativeSpread(values)).toBeCloseTo(7 / 4.5, 12);
  });

  it('has no deviation of one value and no spread around zero', () => {
    expect(standardDeviation([7])).toBeNull();
    expect(relativeSpread([0, 0])).toBeNull();
  });

  it.each([
    // n, which order statistics from either end, coverage: the values that tables of the sign test give
    [6, 1, 0.96875],
    [8, 1, 0.9921875],
    [9, 2, 0.9609375],
    [10, 2, 0.978515625],
    [15, 4, 0.96484375],
    [20, 6, 0.958610534667969],
    [100, 40, 0.9647998],
  ])('takes the right order statistics of %d values', (n, k, coverage) => {
    const values = Array.from({ length: n }, (_, index) => index + 1);
    const interval = medianConfidenceInterval(values);
    expect(interval).toMatchObject({ low: k, high: n + 1 - k });
    expect(interval?.coverage).toBeCloseTo(coverage, 6);
  });

  it.each([1, 2, 3, 4, 5])('gives no interval for %d values', (n) => {
    expect(medianConfidenceInterval(Array.from({ length: n }, (_, index) => index))).toBeNull();
  });

  it('does not fail for very many values', () => {
    const interval = medianConfidenceInterval(Array.from({ length: 5000 }, (_, index) => index));
    expect(interval?.low).toBeGreaterThan(2400);
    expect(interval?.high).toBeLessThan(2600);
  });

  it.each([[[]], [[Number.NaN]], [[1, Number.POSITIVE_INFINITY]]])('refuses %j', (values) => {
    for (const statistic of [median, mean, standardDeviation, medianAbsoluteDeviation, relativeSpread, summarize]) {
      expect(() => statistic(values)).toThrow(RangeError);
    }
  });

  it('refuses a quantile outside 0 to 1', () => {
    expect(() => quantile([1], 1.1)).toThrow(RangeError);
    expect(() => quantile([1], Number.NaN)).toThrow(RangeError);
  });
});

describe('statistics of any sample', () => {
  it('orders itself', () => {
    fc.assert(
      fc.property(rates, (values) => {
        const { min, q1, median: middle, q3, max, mean: average, mad, ci95 } = summarize(values);
        const slack = 1e-6;
        expect(min).toBeLessThanOrEqual(q1 + slack);
        expect(q1).toBeLessThanOrEqual(middle + slack);
        expect(middle).toBeLessThanOrEqual(q3 + slack);
        expect(q3).toBeLessThanOrEqual(max + slack);
        expect(average).toBeGreaterThanOrEqual(min - slack);
        expect(average).toBeLessThanOrEqual(max + slack);
        expect(mad).toBeLessThanOrEqual(max - min + slack);
        expect(ci95 === null).toBe(values.length < 6);
        if (ci95 !== null) {
          expect(ci95.coverage).toBeGreaterThanOrEqual(0.95);
          expect(ci95.low).toBeLessThanOrEqual(middle);
          expect(ci95.high).toBeGreaterThanOrEqual(middle);
        }
      }),
    );
  });

  it('does not depend on the order of the values and leaves them as they are', () => {
    fc.assert(
      fc.property(rates, (values) => {
        const before = [...values];
        const forth = summarize(values);
        expect(values).toEqual(before);
        expect(summarize([...values].reverse())).toEqual(forth);
      }),
    );
  });

  it('moves and scales with the values', () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 1000 }), (values, factor) => {
        const plain = summarize(values);
        const scaled = summarize(values.map((value) => value * factor));
        expect(scaled.median).toBeCloseTo(plain.median * factor, -1);
        expect(scaled.mad).toBeCloseTo(plain.mad * factor, -1);
      }),
    );
  });

  it('covers the true median about as often as it says', () => {
    // Deterministic: a linear congruential generator, uniform on [0, 1), true median one half.
    let state = 12345;
    const random = () => {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      return state / 2 ** 31;
    };
    let covered = 0;
    const runs = 2000;
    for (let run = 0; run < runs; run += 1) {
      const interval = medianConfidenceInterval(Array.from({ length: 9 }, random));
      covered += interval !== null && interval.low <= 0.5 && interval.high >= 0.5 ? 1 : 0;
    }
    expect(covered / runs).toBeGreaterThan(0.945);
    expect(covered / runs).toBeLessThan(0.98);
  });
});
