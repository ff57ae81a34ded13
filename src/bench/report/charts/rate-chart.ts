// SPDX-License-Identifier: Apache-2.0
import { groupedCount, percent } from '../../../output/number-text.ts';
import type { BenchReport } from '../bench-report.ts';
import { el, join, type Markup } from '../markup.ts';
import { chartFrame, chartSize, picture } from './frame.ts';
import { type Axis, niceAxis } from './scale.ts';

/** The axis shows at least this share of the median, so that a steady rate looks steady. */
const leastSpan = 0.1;
/** Beyond this many trials the dots are drawn small. */
const manyTrials = 40;

/** The axis of the rates: around them, and from zero where zero is near. */
export function rateAxis(report: Pick<BenchReport, 'summary' | 'goal'>): Axis {
  const { median, min, max } = report.summary;
  const goal = report.goal?.minRate ?? median;
  // A goal far away would press the trials into a line; then it is left to the text.
  const near = goal > median / 2 && goal < median * 2 ? goal : median;
  const low = Math.min(min, near);
  const high = Math.max(max, near);
  const missing = Math.max(0, leastSpan * median - (high - low));
  const from = low - missing / 2 - (high - low) * 0.05;
  return niceAxis(from < high / 3 ? 0 : from, high + missing / 2 + (high - low) * 0.05);
}

/** The receive rate of each trial: dots, their median as a line, the band from the least to the greatest. */
export function rateChart(report: BenchReport): Markup {
  const { summary, trials, goal } = report;
  const axis = rateAxis(report);
  const frame = chartFrame(axis, trials.length);
  const { left, right, y } = frame;
  const line = (value: number, name: string) =>
    el('line', { class: name, x1: left, x2: right, y1: y(value), y2: y(value) });
  const band = (low: number, high: number, name: string) =>
    el('rect', { class: name, x: left, width: right - left, y: y(high), height: Math.max(0, y(low) - y(high)) });
  const goalShown = goal !== null && goal.minRate >= axis.low && goal.minRate <= axis.high;
  const dots = trials.map(({ index, rxPps }) =>
    el(
      'circle',
      { class: 'dot', cx: frame.x(index - 1), cy: y(rxPps), r: trials.length > manyTrials ? 2.5 : 4.5 },
      el('title', {}, `trial ${index}: ${groupedCount(rxPps)} packets/s`),
    ),
  );
  const spread = summary.relativeSpread === null ? '' : `, ${percent(summary.relativeSpread)} of the median`;
  return picture(
    'rate-chart',
    'Receive rate of each trial',
    `${trials.length} trials between ${groupedCount(summary.min)} and ${groupedCount(summary.max)} packets per second${spread}; the median is ${groupedCount(summary.median)}. The numbers are in the table of trials.`,
    chartSize,
    frame.grid,
    band(summary.min, summary.max, 'band'),
    summary.ci95 === null ? join() : band(summary.ci95.low, summary.ci95.high, 'band-ci'),
    goalShown ? line(goal.minRate, 'goal-line') : join(),
    line(summary.median, 'median-line'),
    ...dots,
  );
}
