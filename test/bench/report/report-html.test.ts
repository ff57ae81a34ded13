// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BenchReport } from '../../../src/bench/report/bench-report.ts';
import { buildBenchReport } from '../../../src/bench/report/build-report.ts';
import { reportHtml } from '../../../src/bench/report/report-html.ts';
import { reportStyle } from '../../../src/bench/report/report-style.ts';
import { groupedCount } from '../../../src/output/number-text.ts';
import '../fixture.ts';
import { overcommittedFacts, overcommittedReport, quietFacts } from './sample-reports.ts';
import { faultOf, textOf } from './well-formed.ts';

const reports: readonly (readonly [string, BenchReport])[] = [
  ['an overcommitted machine', overcommittedReport()],
  ['a quiet machine', buildBenchReport(quietFacts(10))],
  ['a hundred trials', buildBenchReport(quietFacts(100))],
  ['one trial', buildBenchReport({ ...quietFacts(1), minRate: null })],
  ['a missed goal', overcommittedReport({ minRate: 200_000 })],
  ['a goal far away', overcommittedReport({ minRate: 1e9 })],
  [
    'hardly anything known',
    overcommittedReport({
      ...{ kernel: null, cpu: { model: null, count: null }, processes: [], hugepages: [], dpdk: [] },
      backendCounts: { backendFromWire: null, backendToWorkload: null, backendFromWorkload: null, backendToWire: null },
      machine: { verdict: 'ok', reasons: [], intervals: [] },
    }),
  ],
  [
    'a trial in which nothing came back',
    overcommittedReport({ trials: overcommittedFacts.trials.map((trial) => ({ ...trial, received: 0 })) }),
  ],
  [
    'more received than sent',
    overcommittedReport({ trials: overcommittedFacts.trials.map((trial) => ({ ...trial, sent: 1, received: 9 })) }),
  ],
];

describe.each(reports)('reportHtml of %s', (_, report) => {
  const html = reportHtml(report);

  it('is well-formed', () => {
    expect(faultOf(html)).toBeNull();
  });

  it('loads nothing and runs nothing', () => {
    expect(html).not.toMatch(/https?:|\/\/|<script|<link|<img|<iframe|<object|@import|\bsrc=|\bon[a-z]+=/i);
    // The only references are to patterns within the document itself.
    expect([...html.matchAll(/url\(([^)]*)\)|\bhref="([^"]*)"/g)].every(([, inside]) => inside?.startsWith('#'))).toBe(
      true,
    );
  });

  it('shows every trial and every condition', () => {
    const text = textOf(html);
    for (const trial of report.trials) {
      expect(html).toContain(`<title>trial ${trial.index}: ${groupedCount(trial.rxPps)} packets/s</title>`);
      expect(text).toContain(`${groupedCount(trial.sent)} ${groupedCount(trial.received)} ${groupedCount(trial.lost)}`);
    }
    for (const { name, value } of report.conditions) expect(text).toContain(`${name} ${value}`);
    for (const line of [...report.caveats, ...report.method, ...report.machine.reasons]) expect(text).toContain(line);
  });

  it('has a title and a description on every picture, and no coordinate that is not a number', () => {
    const pictures = [...html.matchAll(/<svg [^>]*aria-labelledby="([^ "]+) ([^ "]+)"/g)];
    expect(pictures).toHaveLength(4);
    expect(html.match(/<svg/g)).toHaveLength(4);
    for (const [, title, description] of pictures) {
      expect(html).toMatch(new RegExp(`<title id="${title}">[^<]+</title>`));
      expect(html).toMatch(new RegExp(`<desc id="${description}">[^<]+</desc>`));
    }
    expect(html).not.toMatch(/NaN|Infinity|undefined|null|="-?\d+\.\d{3,}"/);
  });
});

describe('reportHtml', () => {
  it('names the verdict beside the number, and why', () => {
    const text = textOf(reportHtml(overcommittedReport()));
    expect(text).toContain('machine overcommitted');
    expect(text).toContain('3 busy-polling threads share 2 CPUs (0-1)');
    expect(text).toContain('testpmd (one packet copy each way)');
  });

  it('does not call the rate throughput', () => {
    const text = textOf(reportHtml(overcommittedReport()));
    expect(text).toContain('Maximum receive rate');
    expect(text.replace('It is not throughput in the sense of RFC 2544', '')).not.toMatch(/throughput/i);
  });

  it('shows where packets were lost', () => {
    expect(textOf(reportHtml(overcommittedReport()))).toContain('49.6 M lost on the way in');
  });

  it('escapes whatever text the report holds', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(
        ...[
          '</style><script>alert(1)</script>',
          '" onload="x',
          "' x='",
          '<!--',
          ']]>',
          '&lt;',
          '&',
          '\u0000',
          '\u202e',
        ],
        ...['<svg onload=alert(1)>', '{}', '\ud800', '</title>', '\u2028'],
      ),
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, (a, b, c) => {
        const html = reportHtml(
          overcommittedReport({
            ...{ workload: a, provider: b, backend: c, kernel: a, toolVersion: b, imageDigest: c },
            ...{ wire: { kind: a, interface: b }, cpu: { model: c, count: 2 } },
            dpdk: [{ role: 'backend', version: a }],
            binaries: [{ name: b, sha256: c }],
            machine: { ...overcommittedFacts.machine, reasons: [a, b, c] },
          }),
        );
        expect(faultOf(html)).toBeNull();
        expect(html).not.toMatch(/<script|<img|[^\P{C}\n\t]/u);
        // Attributes that a hostile text brings along would make another set of names.
        const names = new Set([...html.matchAll(/ ([a-zA-Z-]+)="/g)].map((match) => match[1]));
        expect([...names].filter((name) => name?.startsWith('on'))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

/** The contrast of two colours as WCAG 2 defines it. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5]
      .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dim = 0, bright = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (bright + 0.05) / (dim + 0.05);
}

describe('the colours of the report', () => {
  const palettes = reportStyle
    .split('color-scheme: dark')
    .map(
      (part) =>
        new Map([...part.matchAll(/--([a-z-]+): (#[0-9a-f]{6})/g)].map(([, name = '', hex = '']) => [name, hex])),
    );

  it.each([
    ['ink', 'page'],
    ['ink', 'warn-soft'],
    ['muted', 'page'],
    ['muted', 'card'],
    ['muted', 'accent-soft'],
    ['accent', 'page'],
    ['accent', 'card'],
    ['loss', 'card'],
    ['loss', 'accent-soft'],
    ['ok', 'ok-soft'],
    ['warn', 'warn-soft'],
    ['bad', 'bad-soft'],
  ])('%s on %s can be read, light and dark', (text, ground) => {
    expect(palettes).toHaveLength(2);
    for (const palette of palettes) {
      expect(contrast(palette.get(text) ?? '#000000', palette.get(ground) ?? '#000000')).toBeGreaterThanOrEqual(4.5);
    }
  });
});

describe('faultOf', () => {
  it.each([
    ['<a><b></a></b>', /<\/a> where <\/b> was due/],
    ['<a>', /not closed: a/],
    ['<a x="1" x="2"></a>', /twice/],
    ['<a x=1></a>', /not a tag/],
    ['<a>&</a>', /bare &/],
    ['<a></a><b></b>', /2 roots/],
    ['<a><b id="x"></b><c id="x"></c></a>', /id x twice/],
    ['<a>1 < 2</a>', /not a tag/],
  ])('finds the fault in %s', (document, fault) => {
    expect(faultOf(document)).toMatch(fault);
  });
});
