// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { duration, size } from '../../src/commands/amounts.ts';

describe('amounts on the command line', () => {
  it.each([
    ['90s', 90],
    ['30m', 1800],
    ['1h', 3600],
    ['2d', 172_800],
  ])('takes the time %s', (text, seconds) => expect(duration(text)).toBe(seconds));

  it.each(['', '1', '0s', '-1h', '1.5h', '1w', 'h', '1 h'])('takes no time from "%s"', (text) => {
    expect(() => duration(text)).toThrow('a time such as');
  });

  it.each([
    ['4096', 4096],
    ['500KiB', 512_000],
    ['1MiB', 1_048_576],
  ])('takes the size %s', (text, bytes) => expect(size(text)).toBe(bytes));

  it.each(['', '1', '0MiB', '1MB', '1GiB', '-1KiB', 'MiB'])('takes no size from "%s"', (text) => {
    expect(() => size(text)).toThrow('a size from');
  });
});
