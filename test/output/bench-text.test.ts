// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { buildBenchReport } from '../../src/bench/report/build-report.ts';
import { benchText } from '../../src/output/bench-text.ts';
import { groupedCount } from '../../src/output/number-text.ts';
import { overcommittedFacts, overcommittedReport, quietFacts } from '../bench/report/sample-reports.ts';

const folded = (text: string) => text.replace(/\s+/g, ' ');

describe('benchText', () => {
  it('never shows the number without its verdict and all of its conditions', () => {
    const report = overcommittedReport();
    const text = folded(benchText(report));
    expect(text).toContain('131,443 packets/s received back');
    expect(text).toContain('machine overcommitted: 3 busy-polling threads share 2 CPUs (0-1)');
    expect(text).toContain('not RFC 2544 throughput');
    for (const { name, value } of report.conditions) expect(text).toContain(folded(`${name} ${value}`));
    for (const caveat of report.caveats) expect(text).toContain(caveat);
  });

  it('shows every trial, with a bar in proportion to its rate', () => {
    const report = buildBenchReport(quietFacts(10));
    const lines = benchText(report).split('\n');
    for (const { index, received, rxPps } of report.trials) {
      const line = lines.find((each) => each.trimStart().startsWith(`${index} `) && each.includes('█'));
      expect(line).toContain(groupedCount(received));
      expect(line).toContain(groupedCount(rxPps));
    }
  });

  it('says whether the goal was met', () => {
    expect(benchText(overcommittedReport({ minRate: 1 }))).toContain('goal 1 packets/s: met');
    expect(benchText(overcommittedReport({ minRate: 2e6 }))).toContain('goal 2,000,000 packets/s: missed');
    expect(benchText(overcommittedReport())).not.toContain('goal');
  });

  it('shows the path there and back', () => {
    expect(benchText(overcommittedReport())).toContain(
      ['  generator ── 51.6 M ─▶ backend ── 1.99 M ─▶ workload', '            ◀─ 1.98 M ──         ◀─ 1.99 M ──'].join(
        '\n',
      ),
    );
    expect(benchText(buildBenchReport(quietFacts(2)))).toContain('not counted');
  });

  it.each([40, 60, 80, 100, 200])('fits %d columns but for words that are longer', (columns) => {
    for (const line of benchText(overcommittedReport(), { columns }).split('\n')) {
      const longest = Math.max(
        ...line
          .trim()
          .split(' ')
          .map((word) => word.length),
      );
      expect(
        line.length <= columns || line.trimStart().startsWith('sha256') || longest > 20 || /[█▶◀]/.test(line),
      ).toBe(true);
    }
  });

  it('gives a terminal nothing to act on', () => {
    const text = benchText(
      overcommittedReport({
        workload: 'l3fwd\u001b[2J',
        cpu: { model: 'CPU\u0007\r\n\u202e', count: 2 },
        machine: { ...overcommittedFacts.machine, reasons: ['\u001b]0;x\u0007'] },
      }),
    );
    expect(text).not.toMatch(/[^\P{C}\n]/u);
  });

  it('does not fail where nothing came back', () => {
    const trials = overcommittedFacts.trials.map((trial) => ({ ...trial, received: 0 }));
    expect(benchText(overcommittedReport({ trials }))).toContain('0 packets/s received back');
  });
});
