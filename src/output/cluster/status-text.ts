// SPDX-License-Identifier: Apache-2.0
import type { ClusterStatus, ComponentStatus, NodeStatus } from '../../cluster/status/status-types.ts';
import { backendCost } from '../backend-name.ts';
import { trafficCells, trafficHeads } from '../device-traffic.ts';
import { printable, textTable } from '../text-table.ts';

/** Rows of one table; the JSON has them all. Nodes with a problem come first, so that none of them is left out for others. */
const shownRows = 50;
/** Cells are cut so that a row stays within these columns; the JSON has them whole. */
const columns = 100;
const widestComponent = 34;
const widestNode = 26;
const narrowestCell = 16;
const widestOfDevice = 20;

/** A stack in a cluster for a person: what is wrong first, then its parts, then its nodes. */
export function clusterStatusText(status: ClusterStatus, bold: (text: string) => string = (text) => text): string {
  const { context, namespace, state, problems, components, nodes } = status;
  const where = `the stack in ${namespace}, context ${context}`;
  if (state === 'absent' && nodes.length === 0) {
    return lines([printable(`absent: there is no stack in ${namespace}, context ${context}`), ...holderLine(status)]);
  }
  const sections = [
    [printable(`${state}: ${where}${versions(status)}`), ...holderLine(status)],
    problems.map((problem) => printable(`problem: ${problem}`)),
    titled(componentRows(components), bold),
    [...titled(nodeRows(nodes), bold), ...hiddenNodes(nodes)],
    deviceTable(nodes, bold),
    [...costLines(nodes), ...summary(status)],
    problems.length === 0 ? [] : [nextLine(status)],
  ];
  return sections
    .filter((section) => section.length > 0)
    .map(lines)
    .join('\n');
}

const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');

function versions({ stackVersion, version }: ClusterStatus): string {
  if (stackVersion === null) return '';
  return stackVersion === version
    ? `, vdpactl ${version}`
    : `, deployed by vdpactl ${stackVersion} (this is ${version})`;
}

function holderLine({ lease }: ClusterStatus): string[] {
  if (lease === null) return [];
  const since = lease.since === null ? '' : ` since ${lease.since}`;
  return [
    printable(lease.ended ? `${lease.holder} has ended without letting go` : `${lease.holder} is changing it${since}`),
  ];
}

function titled(rows: readonly (readonly string[])[], bold: (text: string) => string): string[] {
  const [head, ...body] = textTable(withinColumns(rows));
  return head === undefined || body.length === 0 ? [] : [bold(head), ...body];
}

/** The last cell of a row gets what the others leave. */
function withinColumns(rows: readonly (readonly string[])[]): string[][] {
  const others = textTable(rows.map((row) => row.slice(0, -1)));
  const left = columns - 2 - Math.max(...others.map((line) => line.length));
  return rows.map((row) => [...row.slice(0, -1), cut(row.at(-1) ?? '', Math.max(narrowestCell, left))]);
}

function componentRows(components: readonly ComponentStatus[]): string[][] {
  return [
    ['component', 'kind', 'status', 'ready', 'updated', ''],
    ...components.map(({ name, kind, status, desired, ready, updated, message }) => {
      const counts = kind === 'DaemonSet' || kind === 'Deployment';
      const said = status === 'Current' ? '' : message;
      return [
        cut(name, widestComponent),
        kind,
        status,
        counts ? `${ready}/${desired}` : '-',
        counts ? String(updated) : '-',
        said,
      ];
    }),
  ];
}

function nodeRows(nodes: readonly NodeStatus[]): string[][] {
  return [
    ['node', 'provider', 'backend', 'ready', 'planned', 'offered', 'in use', 'used by'],
    ...shown(nodes).map(({ name, provider, backend, ready, planned, allocatable, inUse, pods }) => [
      cut(name, widestNode),
      cut(provider, 9),
      backend ?? '-',
      ready ? 'yes' : 'no',
      String(planned ?? '-'),
      String(allocatable ?? '-'),
      String(inUse ?? '?'),
      usersText(pods),
    ]),
  ];
}

/** What the agents say; nothing where they were not asked. */
function deviceTable(nodes: readonly NodeStatus[], bold: (text: string) => string): string[] {
  const rows = nodes.flatMap(({ name, devices }) =>
    (devices ?? []).map(({ device, state, counters }) => [
      ...[cut(name, widestOfDevice), cut(device, widestOfDevice), state],
      ...trafficCells(counters),
    ]),
  );
  const [head, ...body] = textTable([['node', 'device', 'state', ...trafficHeads], ...rows.slice(0, shownRows)]);
  if (head === undefined || body.length === 0) return [];
  const hidden = rows.length - body.length;
  return [bold(head), ...body, ...(hidden === 0 ? [] : [`and ${hidden} more devices: -o json has them all`])];
}

/** In the order of their names; where there are too many, those with a problem are kept first, then those in use. */
function shown(nodes: readonly NodeStatus[]): readonly NodeStatus[] {
  if (nodes.length <= shownRows) return nodes;
  const weight = ({ problems, pods }: NodeStatus) => (problems.length > 0 ? 0 : pods.length > 0 ? 1 : 2);
  const kept = new Set([...nodes].sort((a, b) => weight(a) - weight(b)).slice(0, shownRows));
  return nodes.filter((node) => kept.has(node));
}

function hiddenNodes(nodes: readonly NodeStatus[]): string[] {
  const hidden = nodes.length - shown(nodes).length;
  if (hidden <= 0) return [];
  const bad = nodes.filter(({ problems }) => problems.length > 0).length - shownRows;
  const them = bad > 0 ? `, ${bad} of them with a problem` : ', all of them without a problem';
  return [`and ${hidden} more nodes${them}: -o json has them all`];
}

function usersText(pods: readonly string[]): string {
  const [first = '', ...more] = pods;
  return more.length === 0 ? first : `${pods.length} pods: ${first}, …`;
}

/** What a backend costs is said wherever it is shown. */
function costLines(nodes: readonly NodeStatus[]): string[] {
  const backends = new Set(nodes.flatMap(({ backend }) => backend ?? []));
  return [...backends].sort().flatMap((backend) => {
    const cost = backendCost(backend);
    return cost === null ? [] : [`${backend}: ${cost}`];
  });
}

function summary({ nodes }: ClusterStatus): string[] {
  if (nodes.length === 0) return [];
  const sum = (of: (node: NodeStatus) => number | null) => nodes.reduce((total, node) => total + (of(node) ?? 0), 0);
  const isKnown = nodes.every(({ inUse }) => inUse !== null);
  const used = isKnown ? `${sum(({ inUse }) => inUse)} in use` : 'use not known';
  const ready = nodes.filter(({ ready: isReady }) => isReady).length;
  const planned = sum((node) => node.planned);
  return [
    `${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}, ${ready} ready; ` +
      `${planned} ${planned === 1 ? 'device' : 'devices'} planned, ${sum(({ allocatable }) => allocatable)} offered, ${used}`,
  ];
}

function nextLine({ state, lease }: ClusterStatus): string {
  if (state === 'destroying') return 'next: vdpactl destroy goes on';
  if (lease !== null && !lease.ended) return 'next: wait until it is done: vdpactl status --watch';
  return 'next: vdpactl diff shows what has changed; vdpactl deploy puts it right';
}

function cut(text: string, width: number): string {
  const clean = printable(text);
  return clean.length <= width ? clean : `${clean.slice(0, width - 1)}…`;
}
