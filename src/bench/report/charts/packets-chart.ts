// SPDX-License-Identifier: Apache-2.0
import { groupedCount, percent } from '../../../output/number-text.ts';
import type { BenchReport, Trial } from '../bench-report.ts';
import { el, type Markup } from '../markup.ts';
import { chartFrame, chartSize, type Frame, picture } from './frame.ts';
import { niceAxis } from './scale.ts';

/** Above this many trials there is no room for a number over each bar. */
const mostLabels = 8;
const hatchId = 'lost-hatch';

/** What became of the packets sent in each trial: bars of received and, on top and hatched, lost. */
export function packetsChart({ trials }: BenchReport): Markup {
  const axis = niceAxis(0, Math.max(1, ...trials.map(({ sent, received }) => Math.max(sent, received))) * 1.04);
  const frame = chartFrame(axis, trials.length);
  const sum = (of: (trial: Trial) => number) => trials.reduce((total, trial) => total + of(trial), 0);
  const sent = sum((trial) => trial.sent);
  return picture(
    'packets-chart',
    'Packets sent in each trial: received back and lost',
    `Of ${groupedCount(sent)} packets sent in ${trials.length} trials, ${groupedCount(sum((trial) => trial.received))} came back and ${groupedCount(sum((trial) => trial.lost))} were lost. The numbers are in the table of trials.`,
    chartSize,
    el('defs', {}, hatch()),
    frame.grid,
    ...trials.map((trial) => bar(trial, frame, trials.length <= mostLabels)),
  );
}

/** Told apart from plain without colour. */
function hatch(): Markup {
  return el(
    'pattern',
    { id: hatchId, width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
    el('rect', { class: 'lost-ground', width: 6, height: 6 }),
    el('line', { class: 'lost-line', x1: 0, x2: 0, y1: 0, y2: 6 }),
  );
}

function bar(trial: Trial, frame: Frame, labelled: boolean): Markup {
  const { index, sent, received, lost, lossRatio } = trial;
  const width = Math.min(44, Math.max(1, frame.slot * 0.68));
  const x = frame.x(index - 1) - width / 2;
  const top = frame.y(received + lost);
  const middle = frame.y(received);
  const label = labelled
    ? [
        el(
          'text',
          { class: 'bar-label', x: frame.x(index - 1), y: top - 5, 'text-anchor': 'middle' },
          percent(lossRatio),
        ),
      ]
    : [];
  return el(
    'g',
    {},
    el(
      'title',
      {},
      `trial ${index}: ${groupedCount(sent)} sent, ${groupedCount(received)} received, ${groupedCount(lost)} lost`,
    ),
    el('rect', { class: 'received', x, y: middle, width: width, height: Math.max(0, frame.bottom - middle) }),
    el('rect', {
      fill: `url(#${hatchId})`,
      class: 'lost',
      x,
      y: top,
      width: width,
      height: Math.max(0, middle - top),
    }),
    ...label,
  );
}
