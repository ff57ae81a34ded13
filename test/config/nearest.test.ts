// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../../src/config/nearest.ts';

const keys = ['devices', 'wire', 'interface', 'queues', 'queueSize', 'memoryMiB', 'cpus'];

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['memif', 'memif', 0],
    ['', 'wire', 4],
    ['memf', 'memif', 1],
    ['loacl', 'local', 1],
    ['testpdm', 'testpmd', 1],
    ['kitten', 'sitting', 3],
    // A letter between the swapped ones: what the restricted form of the distance counts as 3.
    ['ca', 'abc', 2],
  ])('from %j to %j is %i', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });

  const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') });

  it('is a metric', () => {
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe('nearest', () => {
  it.each([
    ['devces', 'devices'],
    ['queue_size', 'queueSize'],
    ['QUEUES', 'queues'],
    ['size', 'queueSize'],
    ['mem', 'memoryMiB'],
    ['iface', null],
    ['interfaces', 'interface'],
    ['x', null],
    ['', null],
    ['bananas', null],
    ['d'.repeat(100_000), null],
  ])('of %.20j is %j', (word, expected) => {
    expect(nearest(word, keys)).toBe(expected);
  });

  it('takes the closer of two, and the first of two that are as close', () => {
    expect(nearest('queue', ['queueSize', 'queues'])).toBe('queues');
    expect(nearest('bat', ['cat', 'rat'])).toBe('cat');
  });

  it('answers a candidate or null, a candidate for itself, and the same for a single candidate either way', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 70 }), fc.array(fc.string({ maxLength: 70 })), (word, words) => {
        const found = nearest(word, words);
        if (found !== null) {
          expect(words).toContain(found);
          expect(nearest(found, words)).toBe(found);
        }
        for (const other of words) expect(nearest(word, [other]) === null).toBe(nearest(other, [word]) === null);
      }),
    );
  });
});
