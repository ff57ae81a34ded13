// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCpuList, formatCpus, measureInterval } from '../../../src/bench/machine/machine-interval.ts';
import type { MachineSample } from '../../../src/bench/machine/machine-sample.ts';
import { judgeMachine, maxStealRatio } from '../../../src/bench/machine/machine-verdict.ts';
import { parseCpuList } from '../../../src/platform/cpu-list.ts';
import '../fixture.ts';
import { sampleAt, ticks } from './machine-builder.ts';

const pollers = [
  { name: 'generator', cpus: [1] },
  { name: 'backend', cpus: [2] },
  { name: 'workload', cpus: [3] },
];

/** Five trials of three seconds; `before` and `after` say how each sample differs from the quiet machine. */
function trials(after: Partial<MachineSample> = {}, before: Partial<MachineSample> = {}, count = 5) {
  return Array.from({ length: count }, (_, index) => ({
    before: sampleAt(index * 3, before),
    after: sampleAt(index * 3 + 3, after),
  }));
}

const stealing = (share: number) => ({
  stat: { all: null, byCpu: [1, 2, 3].map((cpu) => ({ cpu, ticks: ticks({ user: 1000, steal: 1000 * share }) })) },
  ownTicks: 3000,
});
const nothingYet = { stat: { all: null, byCpu: [1, 2, 3].map((cpu) => ({ cpu, ticks: ticks({}) })) }, ownTicks: 0 };

describe('judgeMachine', () => {
  it('finds nothing on a quiet machine with a CPU for each poller', () => {
    expect(judgeMachine({ trials: trials(), pollers })).toMatchObject({ verdict: 'ok', reasons: [] });
  });

  it('finds nothing in what cannot be read', () => {
    const blind = {
      ...{ stat: null, load: null, throttling: null, quotaCpus: null, onlineCpus: null, allowedCpus: null },
      ...{ governors: [], ownTicks: null },
    };
    const verdict = judgeMachine({ trials: trials(blind, blind, 1), pollers });
    expect(verdict).toEqual({
      verdict: 'ok',
      reasons: [],
      intervals: [
        { seconds: 3, steal: null, foreign: null, throttledPeriods: null, throttledSeconds: null, loadOne: null },
      ],
    });
  });

  it.each([
    ['fewer CPUs than pollers', { allowedCpus: [0, 1] }, pollers, /3 busy-polling threads share 2 CPUs \(0-1\)/],
    ['one CPU', { allowedCpus: [5], onlineCpus: [5, 6] }, pollers, /share CPU 5/],
    ['CPUs that are allowed but offline', { onlineCpus: [1, 2] }, pollers, /share 2 CPUs \(1-2\)/],
    ['a quota below the pollers', { quotaCpus: 1.5 }, pollers, /the cgroup grants 1\.5 CPUs to 3/],
    [
      'pollers on the same CPU although there are enough',
      {},
      [...pollers, { name: 'second backend', cpus: [2] }],
      /backend and second backend poll on the same CPU 2/,
    ],
  ])('overcommitted: %s', (_, before, threads, reason) => {
    const judged = judgeMachine({ trials: trials({}, before), pollers: threads });
    expect(judged.verdict).toBe('overcommitted');
    expect(judged.reasons[0]).toMatch(reason);
  });

  it.each([
    ['steal', stealing(0.02), nothingYet, /trials 1-5: the hypervisor took up to 2\.0 % .*steal/],
    ['other programs', { ownTicks: 500 }, { ownTicks: 0 }, /other programs took up to/],
    ['throttling', { throttling: { throttledPeriods: 4, throttledSeconds: 0.2 } }, {}, /throttled .* 20 times/],
    ['the governor', {}, { governors: [{ cpu: 2, governor: 'powersave' }] }, /governor of CPU 2 is powersave/],
    [
      'load that others add',
      { load: { one: 3, five: 0, fifteen: 0, runnable: 9, tasks: 9 } },
      { load: { one: 0, five: 0, fifteen: 0, runnable: 1, tasks: 9 } },
      /tasks more than there are CPUs for/,
    ],
  ])('noisy: %s', (_, after, before, reason) => {
    const judged = judgeMachine({ trials: trials(after, before), pollers });
    expect(judged.verdict).toBe('noisy');
    expect(judged.reasons.join('\n')).toMatch(reason);
  });

  it.each([
    ['steal at the limit', stealing(maxStealRatio), nothingYet],
    ['the governor of a CPU on which nothing polls', {}, { governors: [{ cpu: 0, governor: 'powersave' }] }],
    ['a steady governor', {}, { governors: [{ cpu: 1, governor: 'performance' }] }],
    ['a quota above the pollers', {}, { quotaCpus: 3 }],
    [
      'load from before the benchmark, as after a build',
      {
        load: {
          one: 5 * Math.exp(-15 / 60) + 3 * (1 - Math.exp(-15 / 60)),
          five: 4,
          fifteen: 2,
          runnable: 4,
          tasks: 9,
        },
      },
      { load: { one: 5, five: 4, fifteen: 2, runnable: 4, tasks: 9 } },
    ],
    [
      'our own pollers in the load',
      { load: { one: 3, five: 3, fifteen: 3, runnable: 4, tasks: 9 } },
      {
        load: { one: 3, five: 3, fifteen: 3, runnable: 4, tasks: 9 },
      },
    ],
  ])('ok: %s', (_, after, before) => {
    expect(judgeMachine({ trials: trials(after, before), pollers })).toMatchObject({ verdict: 'ok', reasons: [] });
  });

  it('puts overcommitment first and still names the noise', () => {
    const judged = judgeMachine({
      trials: trials(stealing(0.5), { ...nothingYet, allowedCpus: [1] }),
      pollers,
    });
    expect(judged.verdict).toBe('overcommitted');
    expect(judged.reasons.some((reason) => reason.includes('steal'))).toBe(true);
  });

  it('judges without any trial by the pollers alone', () => {
    expect(judgeMachine({ trials: [], pollers })).toEqual({ verdict: 'ok', reasons: [], intervals: [] });
  });

  it('never takes rounding for noise', () => {
    const rounding = { stat: { all: null, byCpu: [{ cpu: 1, ticks: ticks({ user: 18, steal: 2 }) }] }, ownTicks: 17 };
    const zero = { stat: { all: null, byCpu: [{ cpu: 1, ticks: ticks({}) }] }, ownTicks: 0 };
    expect(judgeMachine({ trials: trials(rounding, zero), pollers }).verdict).toBe('ok');
  });
});

describe('measureInterval', () => {
  it('looks at the CPUs of the pollers only', () => {
    const stat = (user: number) => ({
      all: null,
      byCpu: [0, 1].map((cpu) => ({ cpu, ticks: ticks({ user, steal: cpu * user }) })),
    });
    const before = sampleAt(0, { stat: stat(0) });
    const after = sampleAt(1, { stat: stat(100) });
    expect(measureInterval(before, after, new Set([0])).steal).toEqual({ ratio: 0, ticks: 0 });
    expect(measureInterval(before, after, new Set([1])).steal).toEqual({ ratio: 0.5, ticks: 100 });
  });

  it('does not compare counters that went backwards', () => {
    const interval = measureInterval(sampleAt(5), sampleAt(1), new Set([1]));
    expect(interval).toMatchObject({ seconds: 0, steal: null, foreign: null });
  });
});

describe('formatCpuList', () => {
  it('is read back by the parser of the kernel format', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 4095 }), { minLength: 1 }), (cpus) => {
        expect(parseCpuList(formatCpuList(cpus))).toEqual([...new Set(cpus)].sort((a, b) => a - b));
      }),
    );
  });

  it.each([
    [[3], 'CPU 3'],
    [[1, 0], '2 CPUs (0-1)'],
    [[3, 0, 2], '3 CPUs (0,2-3)'],
  ])('formatCpus of %j is %s', (cpus, expected) => {
    expect(formatCpus(cpus)).toBe(expected);
  });
});
