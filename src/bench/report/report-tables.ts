// SPDX-License-Identifier: Apache-2.0
import { groupedCount, percent } from '../../output/number-text.ts';
import type { BenchReport } from './bench-report.ts';
import { hopsOf } from './charts/hops.ts';
import { type Attributes, type Child, el, join, type Markup } from './markup.ts';

const unknown = '–';

/** Every number of every trial: what the charts show, and more. */
export function trialTable({ trials }: BenchReport): Markup {
  return scrolling(
    'Trials',
    'Packets, and packets per second. A rate is its packets by the duration.',
    header([
      'Trial',
      'Duration',
      'Offered',
      'Not sent',
      'Sent',
      'Received',
      'Lost',
      'Loss ratio',
      'Send rate',
      'Receive rate',
    ]),
    el(
      'tbody',
      {},
      ...trials.map((trial) =>
        el(
          'tr',
          {},
          rowHeader(trial.index),
          cell(`${trial.durationSeconds.toFixed(3)} s ± ${(trial.timingErrorSeconds * 1000).toFixed(1)} ms`),
          ...[trial.offered, trial.generatorDropped, trial.sent, trial.received].map((value) =>
            cell(groupedCount(value)),
          ),
          cell(groupedCount(trial.lost), trial.lost > 0 ? { class: 'is-lost' } : {}),
          cell(percent(trial.lossRatio)),
          cell(groupedCount(trial.txPps)),
          cell(el('strong', {}, groupedCount(trial.rxPps))),
        ),
      ),
    ),
  );
}

/** The counters along the path: what the picture shows. */
export function hopTable(report: BenchReport): Markup {
  const hops = hopsOf(report);
  const sent = hops[0]?.packets ?? null;
  return scrolling(
    'Packets along the path',
    'All trials together, in the order in which a packet passes. The workload itself does not count.',
    header(['Packets', 'Count', 'Of those sent', 'Lost before']),
    el(
      'tbody',
      {},
      ...hops.map(({ name, packets, lostBefore }) =>
        el(
          'tr',
          {},
          el('th', { scope: 'row', class: 'left' }, name),
          cell(packets === null ? unknown : groupedCount(packets)),
          cell(packets === null || sent === null || sent === 0 ? unknown : percent(packets / sent)),
          cell(
            lostBefore === null ? unknown : groupedCount(lostBefore),
            (lostBefore ?? 0) > 0 ? { class: 'is-lost' } : {},
          ),
        ),
      ),
    ),
  );
}

/** What the machine did during each trial. */
export function machineTable({ machine }: BenchReport): Markup {
  const taken = (value: { readonly ratio: number } | null) => (value === null ? unknown : percent(value.ratio));
  return scrolling(
    'The machine during each trial',
    "Steal and other programs: share of the pollers' CPU time. Throttled: periods in which the cgroup was over its quota. Load: one-minute average at the end.",
    header(['Trial', 'Steal', 'Other programs', 'Throttled', 'Load']),
    el(
      'tbody',
      {},
      ...machine.samples.map((sample, index) =>
        el(
          'tr',
          {},
          rowHeader(index + 1),
          cell(taken(sample.steal)),
          cell(taken(sample.foreign)),
          cell(sample.throttledPeriods ?? unknown),
          cell(sample.loadOne === null ? unknown : sample.loadOne.toFixed(2)),
        ),
      ),
    ),
  );
}

/** Names and values; long digests break anywhere. */
export function factTable(label: string, facts: BenchReport['conditions']): Markup {
  return el(
    'table',
    { class: 'left facts', 'aria-label': label },
    el(
      'tbody',
      {},
      ...facts.map(({ name, value }) =>
        el(
          'tr',
          {},
          el('th', { scope: 'row' }, name),
          /^(?:sha256:)?[0-9a-f]{64}$/.test(value) ? el('td', { class: 'code' }, value) : el('td', {}, value),
        ),
      ),
    ),
  );
}

/** A table that scrolls sideways where it does not fit, with the keyboard too, and a note above it that does not. */
function scrolling(label: string, note: string, ...content: readonly Markup[]): Markup {
  return join(
    el('p', { class: 'muted note' }, note),
    el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': label }, el('table', {}, ...content)),
  );
}

function header(names: readonly string[]): Markup {
  return el('thead', {}, el('tr', {}, ...names.map((name, index) => headerCell(name, index === 0))));
}

function headerCell(name: string, first: boolean): Markup {
  return el('th', { scope: 'col', class: first ? 'left' : null }, name);
}

function rowHeader(name: Child): Markup {
  return el('th', { scope: 'row', class: 'left' }, name);
}

function cell(content: Child, attributes: Attributes = {}): Markup {
  return el('td', attributes, content);
}
