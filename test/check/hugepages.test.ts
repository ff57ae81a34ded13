// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestPageNeed, pageNeed } from '../../src/check/hugepages.ts';
import type { NodeFacts } from '../../src/platform/node-report.ts';

type Pools = NodeFacts['hugepages'];
const small = 2048;
const large = 1024 * 1024;
const pool = (sizeKiB: number, total: number, free: number, numaNode = 0): Pools[number] => ({
  sizeKiB,
  numaNode,
  total,
  free,
});

describe('pageNeed', () => {
  it('rounds each process up to whole pages, and adds up the NUMA nodes', () => {
    const pages = [pool(small, 100, 40, 0), pool(small, 50, 5, 1), pool(large, 2, 1)];
    expect(pageNeed(pages, small, [128, 127, 1])).toEqual({
      sizeKiB: small,
      needed: 64 + 64 + 1,
      free: 45,
      total: 150,
    });
    expect(pageNeed(pages, large, [128, 128])).toEqual({ sizeKiB: large, needed: 2, free: 1, total: 2 });
    expect(pageNeed(pages, 64, [1])).toEqual({ sizeKiB: 64, needed: 16, free: 0, total: 0 });
    expect(pageNeed(pages, small, [])).toMatchObject({ needed: 0 });
  });
});

describe('bestPageNeed', () => {
  it.each<[string, Pools, number[], number[], object | null]>([
    ['no huge pages at all', [], [64], [], null],
    [
      'enough small ones',
      [pool(small, 64, 64), pool(large, 8, 8)],
      [128],
      [],
      { sizeKiB: small, needed: 64, free: 64 },
    ],
    [
      'enough large ones only',
      [pool(small, 64, 1), pool(large, 2, 1)],
      [128],
      [],
      { sizeKiB: large, needed: 1, free: 1 },
    ],
    [
      'too few of both, and the small ones can be had',
      [pool(large, 0, 0), pool(small, 9, 9)],
      [128],
      [],
      { sizeKiB: small, needed: 64, free: 9 },
    ],
    ['those that a redeploy gives back', [pool(small, 64, 0)], [128], [128], { needed: 64, free: 64, total: 64 }],
    ['no more given back than are in use', [pool(small, 64, 60)], [128], [1024], { free: 64 }],
    [
      'a large page that a small process holds',
      [pool(small, 0, 0), pool(large, 1, 0)],
      [128],
      [128],
      { sizeKiB: large, needed: 1, free: 1 },
    ],
    ['counts that contradict each other', [pool(small, 1, 5)], [64], [64], { free: 5 }],
  ])('with %s', (_what, pages, memoryMiB, heldMiB, need) => {
    if (need === null) expect(bestPageNeed(pages, memoryMiB, heldMiB)).toBeNull();
    else expect(bestPageNeed(pages, memoryMiB, heldMiB)).toMatchObject(need);
  });

  const pools = fc.array(
    fc
      .record({
        sizeKiB: fc.constantFrom(64, small, 32768, large),
        numaNode: fc.nat(1),
        total: fc.nat(4096),
        used: fc.nat(4096),
      })
      .map(({ used, ...rest }) => ({ ...rest, free: Math.max(0, rest.total - used) })),
    { minLength: 1, maxLength: 6 },
  );
  const memory = fc.array(fc.integer({ min: 1, max: 16384 }), { maxLength: 18 });

  it('asks for enough: setting aside what is missing meets the need', () => {
    fc.assert(
      fc.property(pools, memory, memory, (pages, memoryMiB, heldMiB) => {
        const need = bestPageNeed(pages, memoryMiB, heldMiB);
        if (need === null) throw new Error('there are pages');
        expect(need.needed * need.sizeKiB).toBeGreaterThanOrEqual(memoryMiB.reduce((sum, mib) => sum + mib * 1024, 0));
        const missing = Math.max(0, need.needed - need.free);
        const after = [...pages, pool(need.sizeKiB, missing, missing)];
        const then = bestPageNeed(after, memoryMiB, heldMiB);
        expect(then?.free).toBeGreaterThanOrEqual(then?.needed ?? Number.POSITIVE_INFINITY);
      }),
    );
  });

  it('is met by deploying again what already runs', () => {
    fc.assert(
      fc.property(memory, fc.constantFrom(64, small, large), (memoryMiB, sizeKiB) => {
        const taken = pageNeed([], sizeKiB, memoryMiB).needed;
        const need = bestPageNeed([pool(sizeKiB, taken, 0)], memoryMiB, memoryMiB);
        expect(need?.free).toBe(need?.needed);
      }),
    );
  });
});
