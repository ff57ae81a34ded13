// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchOf, PodBatches } from '../../../src/cluster/node-pods/pod-batches.ts';

test('lets pods go together when all of their batch are done, each once, in any order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 130 }), fc.infiniteStream(fc.nat()), async (ends, picks) => {
      const removed: [string, readonly string[]][] = [];
      const batches = new PodBatches(ends.length, async (batch, pods) => {
        removed.push([batch, pods]);
      });
      const waiting = ends.map((_, index) => index);
      while (waiting.length > 0) {
        const [index = 0] = waiting.splice((picks.next().value ?? 0) % waiting.length, 1);
        batches.done(index, ends[index] === true ? `pod-${index}` : null);
        // Nothing of a batch goes before all of it is done.
        for (const [batch] of removed) expect(waiting.some((other) => batchOf(other) === batch)).toBe(false);
      }
      await batches.settled();
      const expected = ends.flatMap((end, index) => (end ? [`pod-${index}`] : []));
      expect(removed.flatMap(([, pods]) => pods).sort()).toEqual(expected.sort());
      expect(new Set(removed.map(([batch]) => batch)).size).toBe(removed.length);
    }),
  );
});
