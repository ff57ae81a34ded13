// SPDX-License-Identifier: Apache-2.0
import { backendName } from '../../output/backend-name.ts';
import { bitRate, groupedCount, percent, seconds, shortCount, utcTime } from '../../output/number-text.ts';
import type { BenchReport } from './bench-report.ts';
import { dataPathNarrow, dataPathWide } from './charts/data-path.ts';
import { packetsChart } from './charts/packets-chart.ts';
import { rateAxis, rateChart } from './charts/rate-chart.ts';
import { type Child, el, join, type Markup, style } from './markup.ts';
import { reportStyle } from './report-style.ts';
import { factTable, hopTable, machineTable, trialTable } from './report-tables.ts';

/**
 * The report as one self-contained HTML file: nothing is loaded, no script runs, and it prints. Everything that comes
 * from the report is escaped. The markup is well-formed XML after its first line.
 */
export function reportHtml(report: BenchReport): string {
  const page = el(
    'html',
    { lang: 'en' },
    el(
      'head',
      {},
      el('meta', { charset: 'utf-8' }),
      el('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      // Should anything slip through after all, the browser loads and runs none of it.
      el('meta', {
        'http-equiv': 'Content-Security-Policy',
        content: "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
      }),
      el(
        'title',
        {},
        `${report.workload}: ${groupedCount(report.summary.median)} packets/s (${report.machine.verdict})`,
      ),
      style(reportStyle),
    ),
    el('body', {}, heading(report), el('main', {}, ...sections(report)), foot(report)),
  );
  return `<!DOCTYPE html>\n${page.markup}\n`;
}

function heading({ workload, backend, provider, started }: BenchReport): Markup {
  return el(
    'header',
    {},
    el('div', { class: 'over' }, 'vdpactl bench'),
    el('h1', {}, `${workload} on virtio, behind ${backendName(backend)}`),
    el('div', { class: 'muted' }, `provider ${provider} · ${utcTime(started)}`),
  );
}

function sections(report: BenchReport): Markup[] {
  return [
    headline(report),
    section(
      'Data path',
      '',
      el(
        'figure',
        {},
        el('div', { class: 'wide' }, dataPathWide(report)),
        el('div', { class: 'narrow' }, dataPathNarrow(report)),
        el(
          'figcaption',
          {},
          'Packets of all trials together, on the wire as the generator counts them and on virtio as the backend does.',
        ),
      ),
      el('details', {}, el('summary', {}, 'Packets along the path, as a table'), hopTable(report)),
    ),
    el('div', { class: 'pair' }, rateSection(report), packetsSection(report)),
    section('Trials', 'breakable', trialTable(report)),
    el(
      'div',
      { class: 'pair' },
      section('Conditions', '', factTable('Conditions', report.conditions)),
      el(
        'div',
        { class: 'stack' },
        section('Keep in mind', '', list(report.caveats)),
        section('Method', '', ...report.method.map((paragraph) => el('p', {}, paragraph))),
      ),
    ),
    section('Machine during the trials', 'breakable', machineTable(report)),
  ];
}

function headline(report: BenchReport): Markup {
  const { summary, trials, machine, goal } = report;
  return section(
    null,
    '',
    el(
      'div',
      { class: 'hero' },
      el(
        'div',
        {},
        el(
          'div',
          { class: 'muted' },
          `Maximum receive rate, median of ${trials.length} trial${trials.length === 1 ? '' : 's'}`,
        ),
        el('div', { class: 'rate' }, groupedCount(summary.median), ' ', el('small', {}, 'packets/s')),
      ),
      el('div', { class: 'badges' }, verdictBadge(machine.verdict), goal === null ? join() : goalBadge(goal)),
    ),
    machineNotice(report),
    el(
      'dl',
      { class: 'figures' },
      ...figures(report).map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))),
    ),
    el('ul', { class: 'chips', 'aria-label': 'Main conditions' }, ...chips(report).map((chip) => el('li', {}, chip))),
  );
}

function figures({ summary, frameSize, trials }: BenchReport): [string, string][] {
  const { min, max, mad, relativeSpread, ci95, median, medianLossRatio } = summary;
  const range = (low: number, high: number) => `${shortCount(low, 4)} – ${shortCount(high, 4)}`;
  const figures: [string, string][] = [];
  if (trials.length > 1) {
    figures.push(
      ['Lowest – highest trial', range(min, max)],
      ['Spread of the trials', relativeSpread === null ? 'none' : percent(relativeSpread)],
      ['Median abs. deviation', shortCount(mad)],
    );
  }
  if (ci95 !== null) figures.push(['95 % CI of the median', range(ci95.low, ci95.high)]);
  figures.push(['Median loss ratio', percent(medianLossRatio)], ['Received, layer 2', bitRate(median, frameSize)]);
  return figures;
}

/** The conditions without which the number says nothing, beside it. */
function chips(report: BenchReport): string[] {
  const { frameSize, queues, queueSize, wire, trials, kernel, cpu, dpdk } = report;
  const versions = [...new Set(dpdk.map(({ version }) => version ?? 'version not known'))];
  return [
    `${frameSize}-byte frames`,
    `${queues} queue pair${queues === 1 ? '' : 's'} × ${queueSize}`,
    `wire ${wire.interface === null ? wire.kind : `${wire.kind} ${wire.interface}`}`,
    `trials of ${seconds(trials[0]?.durationSeconds ?? 0)}`,
    ...(versions.length === 0 ? [] : [`DPDK ${versions.join(' / ')}`]),
    ...(kernel === null ? [] : [`Linux ${kernel}`]),
    ...(cpu.model === null ? [] : [cpu.model]),
    ...(cpu.count === null ? [] : [`${cpu.count} CPU${cpu.count === 1 ? '' : 's'}`]),
  ];
}

function verdictBadge(verdict: BenchReport['machine']['verdict']): Markup {
  const words = { ok: '✓ machine ok', overcommitted: '▲ machine overcommitted', noisy: '▲ machine noisy' };
  return el('span', { class: `badge ${verdict === 'ok' ? 'ok' : 'warn'}` }, words[verdict]);
}

function goalBadge({ minRate, met }: NonNullable<BenchReport['goal']>): Markup {
  const goal = `goal of ${shortCount(minRate)} packets/s`;
  return el('span', { class: `badge ${met ? 'ok' : 'bad'}` }, met ? `✓ ${goal} met` : `✗ ${goal} missed`);
}

function machineNotice({ machine }: BenchReport): Markup {
  if (machine.verdict === 'ok') return join();
  const says =
    machine.verdict === 'overcommitted'
      ? 'This machine was overcommitted: the number shows that the path works, and little about how fast it is.'
      : 'This machine was noisy: repeat the run on a quiet one before comparing the number with another.';
  return el('div', { class: 'notice', role: 'note' }, el('p', {}, el('strong', {}, says)), list(machine.reasons));
}

function rateSection(report: BenchReport): Markup {
  const { summary, goal } = report;
  const axis = rateAxis(report);
  const goalShown = goal !== null && goal.minRate >= axis.low && goal.minRate <= axis.high;
  const entries: [string, string][] = [
    ['dot', 'trial'],
    ['median', `median ${shortCount(summary.median)}`],
    ['band', 'lowest to highest'],
    ...(summary.ci95 === null ? [] : [['ci', '95 % interval of the median'] satisfies [string, string]]),
    ...(goalShown ? [['goal', `goal ${shortCount(goal.minRate)}`] satisfies [string, string]] : []),
  ];
  return section(
    'Receive rate of each trial',
    'chart',
    el(
      'figure',
      {},
      rateChart(report),
      el('figcaption', {}, `Packets per second.${axis.startsAtZero ? '' : ' The axis does not start at zero.'}`),
    ),
    legend(entries),
  );
}

function packetsSection(report: BenchReport): Markup {
  return section(
    'Packets sent in each trial',
    'chart',
    el('figure', {}, packetsChart(report), el('figcaption', {}, 'Received and lost together are what was sent.')),
    legend([
      ['received', 'received back'],
      ['lost', 'lost'],
    ]),
  );
}

function legend(entries: readonly (readonly [string, string])[]): Markup {
  return el(
    'ul',
    { class: 'legend' },
    ...entries.map(([name, label]) =>
      el('li', {}, el('span', { class: `swatch ${name}`, 'aria-hidden': 'true' }), label),
    ),
  );
}

function list(items: readonly string[]): Markup {
  return items.length === 0
    ? el('p', { class: 'muted' }, 'Nothing in particular.')
    : el('ul', { class: 'plain' }, ...items.map((item) => el('li', {}, item)));
}

function section(title: string | null, name: string, ...content: readonly Child[]): Markup {
  return el(
    'section',
    { class: name === '' ? 'card' : `card ${name}` },
    title === null ? join() : el('h2', {}, title),
    ...content,
  );
}

function foot({ tool, schemaVersion }: BenchReport): Markup {
  return el(
    'footer',
    {},
    `Made by ${tool.name} ${tool.version} (${schemaVersion}). The same data is in the JSON report.`,
  );
}
