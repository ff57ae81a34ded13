// SPDX-License-Identifier: Apache-2.0
import { el, join, type Markup } from '../markup.ts';
import { type Axis, labelEvery } from './scale.ts';

/** The size of a chart, in the units of its view box. Text is 12 units high, and the page shows it at about that. */
export const chartSize = { width: 460, height: 270 } as const;
const margin = { left: 52, right: 14, top: 14, bottom: 40 };
/** As many trial numbers fit below a chart. */
const labelRoom = 16;

export interface Frame {
  /** The horizontal middle of the place of the n-th trial (from 0). */
  x(index: number): number;
  y(value: number): number;
  /** The width of a trial's place. */
  readonly slot: number;
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  /** Grid lines, the labels of both axes, and the name of the horizontal one. */
  readonly grid: Markup;
}

/** The frame of a chart over `count` trials. */
export function chartFrame(axis: Axis, count: number): Frame {
  const left = margin.left;
  const right = chartSize.width - margin.right;
  const bottom = chartSize.height - margin.bottom;
  const slot = (right - left) / count;
  const x = (index: number) => left + (index + 0.5) * slot;
  const y = (value: number) => bottom - ((value - axis.low) / (axis.high - axis.low)) * (bottom - margin.top);
  const every = labelEvery(count, labelRoom);
  const rows = axis.ticks.flatMap(({ value, label }) => [
    el('line', { class: 'grid', x1: left, x2: right, y1: y(value), y2: y(value) }),
    el('text', { class: 'tick', x: left - 8, y: y(value) + 4, 'text-anchor': 'end' }, label),
  ]);
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
    .filter((number) => number === 1 || number % every === 0)
    .filter((number) => every === 1 || number === 1 || number >= every)
    .map((number) => el('text', { class: 'tick', x: x(number - 1), y: bottom + 17, 'text-anchor': 'middle' }, number));
  const name = el('text', { class: 'tick', x: (left + right) / 2, y: bottom + 34, 'text-anchor': 'middle' }, 'trial');
  return { x, y, slot, left, right, bottom, grid: join(...rows, ...numbers, name) };
}

/** An SVG picture with a title and a description for those who do not see it. */
export function picture(
  id: string,
  title: string,
  description: string,
  size: { readonly width: number; readonly height: number },
  ...content: readonly Markup[]
): Markup {
  return el(
    'svg',
    {
      id,
      viewBox: `0 0 ${size.width} ${size.height}`,
      role: 'img',
      'aria-labelledby': `${id}-title ${id}-desc`,
      preserveAspectRatio: 'xMidYMid meet',
    },
    el('title', { id: `${id}-title` }, title),
    el('desc', { id: `${id}-desc` }, description),
    ...content,
  );
}
