// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitRate, groupedCount, percent, seconds, shortCount, utcTime } from '../../src/output/number-text.ts';

describe('shortCount', () => {
  it.each([
    [0, 3, '0'],
    [999, 3, '999'],
    [999.6, 3, '1.00 k'],
    [1000, 3, '1.00 k'],
    [9_996, 3, '10.0 k'],
    [99_960, 3, '100 k'],
    [131_443, 3, '131 k'],
    [999_600, 3, '1.00 M'],
    [14_236_735, 3, '14.2 M'],
    [14_236_735, 4, '14.24 M'],
    [131_443, 4, '131.4 k'],
    [999_960, 4, '1.000 M'],
    [7.29e9, 3, '7.29 G'],
    [5e16, 3, '50000 T'],
  ])('of %d with %d digits is %s', (value, significant, expected) => {
    expect(shortCount(value, significant)).toBe(expected);
  });

  it('is within half a digit of the value', () => {
    const factors: Record<string, number> = { k: 1e3, M: 1e6, G: 1e9, T: 1e12 };
    fc.assert(
      fc.property(fc.double({ min: 1000, max: 9e14, noNaN: true }), (value) => {
        const [number, prefix = ''] = shortCount(value).split(' ');
        expect(Math.abs(Number(number) * (factors[prefix] ?? 1) - value) / value).toBeLessThanOrEqual(0.00501);
      }),
      { seed: 2544 },
    );
  });
});

describe('percent', () => {
  it.each([
    [0, '0 %'],
    [1, '100 %'],
    [0.00001, '< 0.01 %'],
    [0.99999, '> 99.99 %'],
    [0.0349, '3.49 %'],
    [0.9618, '96.2 %'],
    [0.995, '99.50 %'],
    [1.333, '133.3 %'],
  ])('of %d is %s', (ratio, expected) => {
    expect(percent(ratio)).toBe(expected);
  });
});

describe('other numbers', () => {
  it.each([
    [groupedCount(1234567.4), '1,234,567'],
    [bitRate(131_443, 64), '67.3 Mbit/s'],
    [bitRate(1, 64), '512 bit/s'],
    [seconds(3.0042), '3 s'],
    [seconds(0.25), '0.25 s'],
    [utcTime('2026-11-23T21:05:09.123Z'), '2026-11-23 21:05:09 UTC'],
    [utcTime('yesterday'), 'yesterday'],
  ])('%s', (written, expected) => {
    expect(written).toBe(expected);
  });
});
