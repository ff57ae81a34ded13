// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseCpuList } from '../../src/platform/cpu-list.ts';

it.each([
  ['0', [0]],
  ['0-3,8', [0, 1, 2, 3, 8]],
  ['8,0-1,1-2\n', [0, 1, 2, 8]],
  ['', []],
  ['\n', []],
])('reads %j', (text, expected) => {
  expect(parseCpuList(text)).toEqual(expected);
});

it.each(['a', '0-', '-1', '3-1', '0,,1', '0-999999', '70000', '0x1', '1.5', '0-4000000000'])('refuses %j', (text) => {
  expect(parseCpuList(text)).toBeNull();
});

it('answers any text with ascending numbers or null', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9,\- ]{0,40}$/));
  fc.assert(
    fc.property(text, (input) => {
      const cpus = parseCpuList(input);
      if (cpus === null) return;
      expect(cpus.every((cpu, at) => at === 0 || cpu > (cpus[at - 1] ?? cpu))).toBe(true);
    }),
  );
});

it('reads back what it would print', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(4096)), (cpus) => {
      expect(parseCpuList(cpus.join(','))).toEqual([...cpus].sort((a, b) => a - b));
    }),
  );
});
