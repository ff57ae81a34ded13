// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inParallel } from '../../../src/cluster/objects/in-parallel.ts';

describe('inParallel', () => {
  it('answers in the order of the items, however long each takes, and never does more at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(3), { maxLength: 20 }), fc.integer({ min: 1, max: 6 }), async (items, limit) => {
        let under = 0;
        let most = 0;
        const answers = await inParallel(items, limit, async (ms) => {
          under += 1;
          most = Math.max(most, under);
          await sleep(ms);
          under -= 1;
          return ms;
        });
        expect(answers).toEqual(items);
        expect(most).toBe(Math.min(limit, items.length));
      }),
      { numRuns: 20 },
    );
  });

  it('begins nothing after a failure, and ends what is under way first', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const work = inParallel([0, 1, 2, 3, 4], 2, async (item) => {
      begun.push(item);
      await sleep(item === 0 ? 5 : 30);
      if (item === 0) throw new Error('no');
      ended.push(item);
    });
    await expect(work).rejects.toThrow('no');
    expect(begun).toEqual([0, 1]);
    expect(ended).toEqual([1]);
  });
});
