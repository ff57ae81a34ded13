// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parsePrefetchableBars } from '../../../src/platform/pci/bars.ts';
import { junk } from '../../fixtures/junk.ts';

const unused = '0x0000000000000000 0x0000000000000000 0x0000000000000000';
const mem32 = '0x00000000fe000000 0x00000000fe003fff 0x0000000000040200';
const mem32Prefetchable = '0x00000000fd000000 0x00000000fdffffff 0x0000000000042208';
const mem64 = '0x00000000fe000000 0x00000000fe003fff 0x0000000000140204';
const mem64Prefetchable = '0x000000c000000000 0x000000c0000fffff 0x000000000014220c';
const io = '0x000000000000c000 0x000000000000c01f 0x0000000000040101';

it.each([
  ['a register BAR only', [mem32], []],
  ['ENA with LLQ: registers, and memory for its queues', [mem32, unused, mem64Prefetchable], [2]],
  ['32 bits', [mem32Prefetchable], [0]],
  ['a 64-bit BAR and the half that it takes', [mem64Prefetchable, unused, mem64, unused, mem64Prefetchable], [0, 4]],
  ['I/O ports', [io], []],
  // What a kernel shows for I/O ports with the bit that means something else there.
  ['I/O ports with a stray flag', ['0x000000000000c000 0x000000000000c01f 0x0000000000042101'], []],
  ['the SR-IOV BARs after the ROM', [unused, unused, unused, unused, unused, unused, unused, mem64Prefetchable], []],
  ['nothing', [''], []],
  ['lines that are none', ['0x0 0x0', '', 'junk', `${mem64Prefetchable} 0x1`, mem64Prefetchable.slice(2)], []],
])('prefetchable BARs of a function with %s', (_, lines, bars) => {
  expect(parsePrefetchableBars(`${lines.join('\n')}\n`)).toEqual(bars);
});

it('takes anything', () => {
  fc.assert(
    fc.property(junk, (text) => {
      for (const bar of parsePrefetchableBars(text)) expect(bar).toBeLessThan(6);
    }),
  );
});
