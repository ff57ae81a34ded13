// SPDX-License-Identifier: Apache-2.0
import { backendCost } from '../../../output/backend-name.ts';
import { groupedCount, shortCount } from '../../../output/number-text.ts';
import { formatCpus } from '../../machine/machine-interval.ts';
import type { BenchReport } from '../bench-report.ts';
import { type Child, el, join, type Markup } from '../markup.ts';
import { picture } from './frame.ts';
import { type Hop, hopsOf, lostAt } from './hops.ts';

interface Box {
  readonly title: string;
  readonly lines: readonly string[];
  /** What was lost here, for a reader; empty: nothing, or not known. */
  readonly losses: readonly string[];
}

interface Link {
  readonly title: string;
  readonly detail: string;
  readonly forth: string;
  readonly back: string;
  readonly losses: readonly string[];
}

interface Path {
  readonly boxes: readonly [Box, Box, Box];
  readonly links: readonly [Link, Link];
  readonly description: string;
}

/** The data path from left to right, for screens and paper that are wide enough. */
export function dataPathWide(report: BenchReport): Markup {
  const { boxes, links, description } = pathOf(report);
  const box = { width: 196, height: 150, y: 2 };
  const rows = Math.max(...links.map(({ losses }) => losses.length));
  const size = { width: 940, height: box.y + box.height + 2 + rows * 17 };
  const gap = (size.width - 3 * box.width) / 2;
  const left = (index: number) => index * (box.width + gap);
  const parts = boxes.map((each, index) => drawBox(each, left(index), box.y, box.width, box.height));
  const arrows = links.map((link, index) => {
    const from = left(index) + box.width + 8;
    const to = left(index + 1) - 8;
    const middle = (from + to) / 2;
    return join(
      pill(link, middle, box.y + box.height / 2, to - from - 24),
      arrow(from, box.y + 38, to, box.y + 38),
      text('count', middle, box.y + 28, link.forth),
      arrow(to, box.y + 112, from, box.y + 112),
      text('count', middle, box.y + 132, link.back),
      ...link.losses.map((loss, row) => text('loss', middle, box.y + box.height + 8 + row * 17, loss)),
    );
  });
  return picture('path-wide', 'The data path', description, size, ...arrows, ...parts);
}

/** The same from top to bottom, for narrow screens. */
export function dataPathNarrow(report: BenchReport): Markup {
  const { boxes, links, description } = pathOf(report);
  const box = { width: 340, height: 132 };
  const gap = 112;
  const size = { width: 360, height: 3 * box.height + 2 * gap + 4 };
  const top = (index: number) => 2 + index * (box.height + gap);
  const parts = boxes.map((each, index) => drawBox(each, 10, top(index), box.width, box.height));
  const arrows = links.map((link, index) => {
    const from = top(index) + box.height + 7;
    const to = top(index + 1) - 7;
    const middle = (from + to) / 2;
    return join(
      pill(link, 180, middle, 130),
      arrow(62, from, 62, to),
      text('count', 62, middle + 4, link.forth, 'plate'),
      arrow(298, to, 298, from),
      text('count', 298, middle + 4, link.back, 'plate'),
      ...link.losses.map((loss, row) => text('loss', 180, middle + 34 + row * 14, loss)),
    );
  });
  return picture('path-narrow', 'The data path', description, size, ...arrows, ...parts);
}

function pathOf(report: BenchReport): Path {
  const { path, wire, queues, queueSize, trials } = report;
  const hops = hopsOf(report);
  const refused = trials.reduce((sum, { generatorDropped }) => sum + generatorDropped, 0);
  const box = (
    title: string,
    role: 'generator' | 'backend' | 'workload',
    programs: string[],
    losses: string[],
  ): Box => ({
    title,
    lines: [...programs, ...cpusOf(report, role)],
    losses,
  });
  const cost = [backendCost(report.backend)].filter((each) => each !== null);
  const backendLosses = [
    ...loss(lostAt(hops, 'backend', 'forth'), 'lost on the way in'),
    ...loss(lostAt(hops, 'backend', 'back'), 'lost on the way out'),
  ];
  return {
    boxes: [
      box('Generator', 'generator', ['testpmd flowgen'], loss(refused, 'refused by the wire')),
      box('Backend', 'backend', [report.backend, ...cost], backendLosses),
      box('Workload', 'workload', [report.workload], loss(lostAt(hops, 'workload', 'back'), 'lost')),
    ],
    links: [
      {
        title: 'wire',
        detail: wire.interface === null ? wire.kind : `${wire.kind} ${wire.interface}`,
        forth: count(path.generatorSent),
        back: count(path.generatorReceived),
        losses: wireLosses(hops),
      },
      {
        title: 'virtio',
        detail: `${queues} × ${queueSize}`,
        forth: count(path.backendToWorkload),
        back: count(path.backendFromWorkload),
        losses: [],
      },
    ],
    description: describe(hops),
  };
}

function wireLosses(hops: readonly Hop[]): string[] {
  return [
    ...loss(lostAt(hops, 'wire', 'forth'), 'lost on the way in'),
    ...loss(lostAt(hops, 'wire', 'back'), 'lost on the way out'),
  ];
}

function cpusOf({ processes }: BenchReport, role: BenchReport['processes'][number]['role']): string[] {
  const cpus = processes.filter((each) => each.role === role).flatMap((each) => each.cpus);
  return cpus.length === 0 ? [] : [`polls on ${formatCpus(cpus)}`];
}

function count(packets: number | null): string {
  return packets === null ? 'not counted' : groupedCount(packets);
}

function loss(packets: number | null, how: string): string[] {
  return packets === null || packets === 0 ? [] : [`${shortCount(packets)} ${how}`];
}

function describe(hops: readonly Hop[]): string {
  const counted = hops.map(({ name, packets }) => `${name}: ${count(packets)}`);
  return `From the generator over the wire to the backend, through virtio to the workload, and back. Packets ${counted.join('; ')}.`;
}

function drawBox({ title, lines, losses }: Box, x: number, y: number, width: number, height: number): Markup {
  const rows: readonly [string, string][] = [
    ['box-title', title],
    ...lines.map((line): [string, string] => ['box-line', line]),
    ...losses.map((line): [string, string] => ['loss', line]),
  ];
  const begin = y + height / 2 - ((rows.length - 1) * 20) / 2 + 5;
  return join(
    el('rect', { class: 'box', x, y, width, height, rx: 10 }),
    ...rows.map(([name, row], index) => text(name, x + width / 2, begin + index * 20, row)),
  );
}

function pill({ title, detail }: Link, x: number, y: number, width: number): Markup {
  return join(
    el('rect', { class: 'link', x: x - width / 2, y: y - 17, width, height: 34, rx: 17 }),
    text('link-title', x, y - 2, title),
    text('link-detail', x, y + 11, detail),
  );
}

function text(name: string, x: number, y: number, content: Child, more = ''): Markup {
  return el('text', { class: more === '' ? name : `${name} ${more}`, x, y, 'text-anchor': 'middle' }, content);
}

/** A line with a head, level or upright. */
function arrow(x1: number, y1: number, x2: number, y2: number): Markup {
  const level = y1 === y2;
  const sign = level ? Math.sign(x2 - x1) : Math.sign(y2 - y1);
  const head = level
    ? `${x2},${y2} ${x2 - 9 * sign},${y2 - 5} ${x2 - 9 * sign},${y2 + 5}`
    : `${x2},${y2} ${x2 - 5},${y2 - 9 * sign} ${x2 + 5},${y2 - 9 * sign}`;
  return join(
    el('line', { class: 'arrow', x1, y1, x2: level ? x2 - 8 * sign : x2, y2: level ? y2 : y2 - 8 * sign }),
    el('polygon', { class: 'arrow-head', points: head }),
  );
}
