// SPDX-License-Identifier: Apache-2.0
import type { BenchReport } from '../bench/report/bench-report.ts';
import { backendName } from './backend-name.ts';
import { groupedCount, packetRate, percent, shortCount } from './number-text.ts';

export interface BenchTextOptions {
  /** Columns of the terminal. */
  readonly columns?: number;
  readonly bold?: (text: string) => string;
}

const defaultColumns = 100;
const barWidth = 24;

/** A report for the terminal. No number stands in it without what it holds for. */
export function benchText(report: BenchReport, options: BenchTextOptions = {}): string {
  const columns = Math.max(40, options.columns ?? defaultColumns);
  const bold = options.bold ?? ((text: string) => text);
  const { workload, backend, provider, summary, trials, goal, machine } = report;
  const median = `${packetRate(summary.median)} received back`;
  const spread = summary.relativeSpread === null ? '' : `, spread ${percent(summary.relativeSpread)}`;
  const range = `lowest ${groupedCount(summary.min)}, highest ${groupedCount(summary.max)}${spread}`;
  const lines = [
    printable(`${workload} on virtio, behind ${backendName(backend)}, provider ${provider}`),
    '',
    `  ${bold(median)}`,
    '  maximum receive rate: median of the trials, at saturating load; not RFC 2544 throughput',
    `  ${trials.length === 1 ? 'one trial' : `${trials.length} trials: ${range}`}; median loss ratio ${percent(summary.medianLossRatio)}`,
    `  machine ${machine.verdict}${machine.reasons.length === 0 ? '' : `: ${printable(machine.reasons.join('; '))}`}`,
    ...(goal === null ? [] : [`  goal ${packetRate(goal.minRate)}: ${goal.met ? 'met' : 'missed'}`]),
    '',
    bold('Trials'),
    ...trialLines(report),
    '',
    bold('Packets along the path, all trials'),
    ...pathLines(report),
    '',
    bold('Conditions'),
    ...conditionLines(report),
    ...(report.caveats.length === 0
      ? []
      : ['', bold('Keep in mind'), ...report.caveats.map((each) => `  - ${printable(each)}`)]),
  ];
  return `${lines.flatMap((line) => wrap(line, columns)).join('\n')}\n`;
}

function trialLines({ trials }: BenchReport): string[] {
  const head = ['trial', 'sent', 'received', 'lost', 'packets/s'];
  const rows = trials.map(({ index, sent, received, lossRatio, rxPps }) => [
    String(index),
    groupedCount(sent),
    groupedCount(received),
    percent(lossRatio),
    groupedCount(rxPps),
  ]);
  const most = Math.max(...trials.map(({ rxPps }) => rxPps));
  const bars = trials.map(({ rxPps }) => bar(most === 0 ? 0 : rxPps / most));
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const write = (row: readonly string[]) =>
    `  ${row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ')}`;
  return [write(head), ...rows.map((row, index) => `${write(row)}  ${bars[index] ?? ''}`.trimEnd())];
}

/** A bar from zero, in eighths of a column. */
function bar(share: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * barWidth * 8);
  const rest = eighths % 8;
  return '█'.repeat(Math.floor(eighths / 8)) + (rest === 0 ? '' : (' ▏▎▍▌▋▊▉'[rest] ?? ''));
}

function pathLines({ path }: BenchReport): string[] {
  const count = (value: number | null) => (value === null ? 'not counted' : shortCount(value));
  const forth = [count(path.generatorSent), count(path.backendToWorkload)];
  const back = [count(path.generatorReceived), count(path.backendFromWorkload)];
  const width = Math.max(...[...forth, ...back].map((text) => text.length));
  const arrow = (text: string, head: (line: string) => string) => head(` ${text.padStart(width)} `);
  const right = (text: string) => arrow(text, (inside) => `──${inside}─▶`);
  const left = (text: string) => arrow(text, (inside) => `◀─${inside}──`);
  return [
    `  generator ${right(forth[0] ?? '')} backend ${right(forth[1] ?? '')} workload`,
    `            ${left(back[0] ?? '')}         ${left(back[1] ?? '')}`,
  ];
}

function conditionLines({ conditions }: BenchReport): string[] {
  const width = Math.max(...conditions.map(({ name }) => name.length));
  return conditions.map(({ name, value }) => `  ${printable(name).padEnd(width)}  ${printable(value)}`);
}

/** Without anything that a terminal would act on. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}

/** Breaks a line at spaces; what follows is indented under the text that it belongs to. Long words stay whole. */
function wrap(line: string, columns: number): string[] {
  if (line.length <= columns) return [line];
  const value = /^ +\S.*? {2,}(?=\S)/.exec(line)?.[0].length;
  const indent = Math.min(value ?? /^ *(?:- )?/.exec(line)?.[0].length ?? 0, columns - 20);
  const lines: string[] = [];
  let rest = line;
  while (rest.length > columns) {
    const at = rest.lastIndexOf(' ', columns);
    const cut = at > indent ? at : rest.indexOf(' ', columns);
    if (cut === -1) break;
    lines.push(rest.slice(0, cut).trimEnd());
    rest = ' '.repeat(indent) + rest.slice(cut).trimStart();
  }
  return [...lines, rest];
}
