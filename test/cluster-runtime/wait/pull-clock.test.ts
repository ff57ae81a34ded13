// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { isPulling, type ObjectEvent, tellingEvent } from '../../../src/cluster/wait/events.ts';
import { PullClock } from '../../../src/cluster/wait/pull-clock.ts';

describe('PullClock', () => {
  it('counts two times apart, and knows which is over', () => {
    const clock = new PullClock(100, 1_000);
    clock.pass(60, false);
    clock.pass(900, true);
    expect([clock.over, clock.pullMs, clock.left(false), clock.left(true)]).toEqual([null, 840, 40, 160]);
    clock.pass(939, false);
    expect(clock.over).toBeNull();
    clock.pass(941, false);
    expect(clock.over).toBe('wait');
  });

  it('has a limit for images', () => {
    const clock = new PullClock(100, 50);
    clock.pass(50, true);
    expect(clock.over).toBe('pull');
  });
});

const event = (reason: string, container = 'a', isWarning = false): ObjectEvent => ({
  isWarning,
  reason,
  container,
  message: '',
  count: 1,
  at: '',
});

describe('isPulling', () => {
  it.each<[string, readonly ObjectEvent[], boolean]>([
    ['nothing', [], false],
    ['begun', [event('Scheduled'), event('Pulling')], true],
    ['ended', [event('Pulling'), event('Pulled')], false],
    ['failed', [event('Pulling'), event('Failed')], false],
    ['tried again', [event('Pulling'), event('Failed'), event('Pulling')], true],
    ['there already', [event('Pulled')], false],
    ['of another container', [event('Pulling', 'a'), event('Pulled', 'a'), event('Pulling', 'b')], true],
  ])('%s', (_, events, expected) => expect(isPulling(events)).toBe(expected));
});

describe('tellingEvent', () => {
  it('is the last warning, or else the last one', () => {
    expect(tellingEvent([])).toBeNull();
    expect(tellingEvent([event('A'), event('B')])?.reason).toBe('B');
    expect(tellingEvent([event('A', '', true), event('B')])?.reason).toBe('A');
  });
});
