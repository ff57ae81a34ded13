// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { liveFacts, parseMemlock } from '../../src/local/live-facts.ts';

describe('the limit of locked memory', () => {
  it.each([
    ['Max locked memory         8388608              16777216             bytes     \n', 8388608],
    ['Max cpu time unlimited\nMax locked memory         unlimited            unlimited            bytes     \n', null],
    ['Max locked memory', undefined],
    ['', undefined],
  ])('in %j', (text, bytes) => {
    expect(parseMemlock(text)).toBe(bytes);
  });

  it('is known of this process', () => {
    const { memlock, vdpaTool } = liveFacts({ PATH: '/nowhere' });
    expect(memlock.map(({ of }) => of)).toContain('this process');
    expect(vdpaTool).toBeNull();
  });
});
