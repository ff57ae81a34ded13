// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { preferred } from '../../../../dataplane/agent/device-plugin/preferred.ts';

const numa = new Map([
  ['a0', 0],
  ['a1', 0],
  ['a2', 0],
  ['b0', 1],
  ['b1', 1],
]);
const all = [...numa.keys(), 'x0'];

describe('the preferred devices', () => {
  it.each([
    ['are of one NUMA node where one has enough', all, [], 3, ['a0', 'a1', 'a2']],
    ['are of the node that has the fewest left over', all, [], 2, ['b0', 'b1']],
    ['are where the required ones are', all, ['a2'], 2, ['a2', 'a0']],
    ['are of as few nodes as can be', all, [], 4, ['a0', 'a1', 'a2', 'b0']],
    ['are those of which no node is known, where nothing is lost by that', all, [], 1, ['x0']],
    ['are all where all are wanted', all, [], 6, ['a0', 'a1', 'a2', 'b0', 'b1', 'x0']],
    ['are the required ones where no more are wanted', all, ['b1'], 1, ['b1']],
    ['are in the order of their ids where nothing is known', ['z', 'y', 'x'], [], 2, ['x', 'y']],
  ])('%s', (_what, available, required, size, expected) => {
    expect(preferred(available, required, size, numa)).toEqual(expected);
  });

  it('are as many as are wanted, of those that there are, with all that are required', () => {
    const ids = fc.uniqueArray(fc.constantFrom(...all));
    fc.assert(
      fc.property(ids, fc.nat(8), fc.nat(8), (available, few, size) => {
        const required = available.slice(0, few);
        const found = preferred(available, required, size, numa);
        expect(new Set(found).size).toBe(found.length);
        expect(found.every((id) => available.includes(id))).toBe(true);
        expect(found).toEqual(expect.arrayContaining(required));
        expect(found).toHaveLength(Math.max(required.length, Math.min(size, available.length)));
      }),
    );
  });
});
