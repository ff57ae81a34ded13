// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseCpuinfo } from '../../src/platform/cpus.ts';
import { parseMeminfoHugepages } from '../../src/platform/hugepages.ts';
import { junk } from '../fixtures/junk.ts';

it('reads the CPU numbers of cpuinfo', () => {
  const text = 'processor\t: 1\nmodel name\t: processor : 9\n\nprocessor\t: 0\nprocessor\t: 99999999\n';
  expect(parseCpuinfo(text)).toEqual([0, 1]);
});

it.each([
  [
    'HugePages_Total:  8\nHugePages_Free:  7\nHugepagesize:  2048 kB\n',
    { sizeKiB: 2048, numaNode: null, total: 8, free: 7 },
  ],
  ['HugePages_Total:  8\nHugePages_Free:  7\n', null],
  ['HugePages_Total:  8\nHugePages_Free:  7\nHugepagesize:  0 kB\n', null],
  ['HugePages_Total:  -8\nHugePages_Free:  7\nHugepagesize:  2048 kB\n', null],
  ['', null],
])('reads the huge pages of meminfo: %j', (text, expected) => {
  expect(parseMeminfoHugepages(text)).toEqual(expected);
});

it('neither parser throws on any text', () => {
  const line = fc.oneof(
    junk,
    fc
      .tuple(
        fc.constantFrom('HugePages_Total', 'HugePages_Free', 'Hugepagesize', 'processor'),
        fc.stringMatching(/^[ \t]*:?[ \t]*[0-9-]{0,20}( kB)?$/),
      )
      .map(([name, rest]) => name + rest),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const text = lines.join('\n');
      expect(parseMeminfoHugepages(text)?.sizeKiB ?? 1).toBeGreaterThan(0);
      expect(parseCpuinfo(text).every(Number.isSafeInteger)).toBe(true);
    }),
  );
});
