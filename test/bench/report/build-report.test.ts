// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { benchReportSchema } from '../../../src/bench/report/bench-report.ts';
import { buildBenchReport } from '../../../src/bench/report/build-report.ts';
import { overcommittedFacts, overcommittedReport, quietFacts } from './sample-reports.ts';

describe('buildBenchReport', () => {
  it.each([
    ['an overcommitted run', overcommittedReport()],
    ['a quiet run', buildBenchReport(quietFacts(10))],
    ['one trial', buildBenchReport(quietFacts(1))],
  ])('makes a report that its schema accepts, also after a way through JSON: %s', (_, report) => {
    expect(benchReportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  it('derives rates and losses from the counts', () => {
    expect(overcommittedReport().trials[1]).toEqual({
      index: 2,
      durationSeconds: 3.0042,
      timingErrorSeconds: 0.0021,
      offered: 10_369_344,
      sent: 10_365_280,
      received: 394_880,
      lost: 9_970_400,
      lossRatio: 9_970_400 / 10_365_280,
      txPps: 10_365_280 / 3.0042,
      rxPps: 394_880 / 3.0042,
      generatorDropped: 4_064,
    });
  });

  it('takes the median of what came back, not of what was sent', () => {
    const { summary } = overcommittedReport();
    expect(summary.median).toBeCloseTo(394_880 / 3.0042, 6);
    expect(summary.min).toBeCloseTo(387_264 / 3.0042, 6);
    expect(summary.ci95).toBeNull();
    expect(buildBenchReport(quietFacts(6)).summary.ci95?.coverage).toBeCloseTo(0.96875, 6);
  });

  it('counts the generator by the trials and the backend as it is told', () => {
    expect(overcommittedReport().path).toEqual({
      generatorSent: 51_586_304,
      backendFromWire: 51_586_304,
      backendToWorkload: 1_989_376,
      backendFromWorkload: 1_989_312,
      backendToWire: 1_977_600,
      generatorReceived: 1_977_600,
    });
  });

  it.each([
    [131_000, true],
    [132_000, false],
    [0, true],
  ])('compares the median with the goal of %d: %s', (minRate, met) => {
    expect(overcommittedReport({ minRate }).goal).toEqual({ minRate, met });
  });

  it('counts nothing as lost where more came back than was sent, and keeps both counts', () => {
    const trials = [
      { durationSeconds: 1, timingErrorSeconds: 0, offered: 5, sent: 5, received: 7, generatorDropped: 0 },
    ];
    expect(overcommittedReport({ trials }).trials[0]).toMatchObject({ sent: 5, received: 7, lost: 0, lossRatio: 0 });
  });

  it('refuses what has no rate', () => {
    expect(() => overcommittedReport({ trials: [] })).toThrow(RangeError);
    const [trial] = overcommittedFacts.trials;
    expect(trial).toBeDefined();
    if (trial !== undefined) {
      expect(() => overcommittedReport({ trials: [{ ...trial, durationSeconds: 0 }] })).toThrow(RangeError);
    }
  });

  it('wants to know what was measured: an image by its digest, or the programs by theirs', () => {
    const report = overcommittedReport({ imageDigest: null, binaries: [] });
    expect(benchReportSchema.safeParse(report).error?.issues[0]?.path).toEqual(['binaries']);
  });
});

describe('the words of a report', () => {
  const names = overcommittedReport().conditions.map(({ name }) => name);

  it.each([
    'CPU',
    'Kernel',
    'DPDK',
    'Backend',
    'Image digest',
    'Frame size',
    'Virtio queues',
    'Machine',
    'Wire',
    'Huge pages',
  ])('name the condition %s', (name) => {
    expect(names).toContain(name);
  });

  it('name the versions apart where they differ', () => {
    const dpdk = [
      { role: 'workload' as const, version: '24.11.1' },
      { role: 'generator' as const, version: '22.11.11' },
      { role: 'backend' as const, version: null },
    ];
    expect(overcommittedReport({ dpdk }).conditions).toContainEqual({
      name: 'DPDK',
      value: 'generator: 22.11.11; backend: not known; workload: 24.11.1',
    });
  });

  it('say what is measured and what is not', () => {
    const method = overcommittedReport().method.join('\n');
    expect(method).toMatch(/maximum receive rate \(MRR\)/);
    expect(method).toMatch(/not throughput in the sense of RFC 2544/);
    expect(method).toMatch(/trial loss ratio \(RFC 9971\)/);
  });

  it.each([
    ['overcommitted', {}, /machine was overcommitted/],
    ['noisy', { machine: { ...overcommittedFacts.machine, verdict: 'noisy' as const } }, /machine was noisy/],
    ['few trials', {}, /5 trials give no 95 % confidence interval/],
    ['one trial', { trials: overcommittedFacts.trials.slice(0, 1) }, /1 trial gives no/],
    ['short trials', {}, /shorter than the 60 s/],
    ['a packet copy', {}, /copies every packet once each way/],
    ['a wire that is no NIC', {}, /not a NIC/],
    [
      'a generator that may be the limit',
      { trials: overcommittedFacts.trials.map((trial) => ({ ...trial, received: trial.sent, generatorDropped: 0 })) },
      /the generator, not the path, may be what limited/,
    ],
    [
      'trials that differ',
      { trials: overcommittedFacts.trials.map((trial, index) => ({ ...trial, received: 100 * (index + 1) })) },
      /trials differ by 133\.3 %/,
    ],
    [
      'a clock that is too coarse',
      { trials: overcommittedFacts.trials.map((trial) => ({ ...trial, timingErrorSeconds: 0.3 })) },
      /known to 9\.99 % only/,
    ],
  ])('warn of %s', (_, change, caveat) => {
    expect(overcommittedReport(change).caveats.join('\n')).toMatch(caveat);
  });

  it('warn of nothing that is not so', () => {
    const long = quietFacts(10).trials.map((trial) => ({ ...trial, durationSeconds: 61 }));
    expect(buildBenchReport({ ...quietFacts(10), trials: long }).caveats).toEqual([]);
  });
});
