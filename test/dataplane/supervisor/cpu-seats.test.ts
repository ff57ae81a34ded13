// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseCpu, seatFacts } from '../../../dataplane/supervisor/cpu-seats.ts';

const facts = (allowed: number[], isolated: number[] = []) => ({ allowed, isolated });

describe('the CPU of a backend', () => {
  it.each([
    ['is the wish, where that is allowed', facts([0, 1, 2, 3]), [], 3, 3],
    ['is the wish, though another has it', facts([0, 1, 2, 3]), [3], 3, 3],
    ['is none outside of the cpuset, whatever is wished', facts([2, 3]), [], 7, 3],
    ['is an isolated one first', facts([0, 1, 2, 3], [3]), [], null, 3],
    ['is none that another has, as long as there is one', facts([0, 1, 2, 3], [3]), [3], null, 1],
    ['is the lowest only when all others are taken', facts([0, 1, 2]), [1, 2], null, 0],
    ['is shared where there are too few', facts([0, 1]), [0, 1], null, 1],
    ['is shared by the fewest', facts([0, 1]), [0, 1, 1], null, 0],
    ['is the only one', facts([5]), [5, 5], null, 5],
  ])('%s', (_what, given, taken, wish, expected) => {
    expect(chooseCpu(given, taken, wish)).toBe(expected);
  });

  it('is always one that may be used, and spreads as far as it can', () => {
    const cpus = fc.uniqueArray(fc.nat(63), { minLength: 1, maxLength: 16 }).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(cpus, fc.uniqueArray(fc.nat(63)), fc.integer({ min: 1, max: 24 }), (allowed, isolated, count) => {
        const taken: number[] = [];
        for (let index = 0; index < count; index += 1) taken.push(chooseCpu({ allowed, isolated }, taken, null));
        expect(taken.every((cpu) => allowed.includes(cpu))).toBe(true);
        const loads = allowed.map((cpu) => taken.filter((other) => other === cpu).length);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

it('reads what this process may use', () => {
  expect(seatFacts().allowed.length).toBeGreaterThan(0);
});
