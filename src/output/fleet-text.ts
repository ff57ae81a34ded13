// SPDX-License-Identifier: Apache-2.0
import type { FleetRow } from '../fleet/decide-fleet.ts';
import type { Nic } from '../platform/node-report.ts';
import type { Decision } from '../providers/decision.ts';
import { schemaVersion } from '../schema-version.ts';
import { backendCost } from './backend-name.ts';
import { errorFields } from './error-text.ts';
import { printable, textTable } from './text-table.ts';

/** Names shown in one cell; the JSON has them all. */
const shownNames = 3;

type Row = { readonly [Key in 'node' | 'provider' | 'backend' | 'devices' | 'uplinks' | 'remarks']: string };

/** Many nodes as a table, one line each, then what is wrong with those that cannot be spoken for. */
export function fleetText(rows: readonly FleetRow[], bold: (text: string) => string = (text) => text): string {
  const header: Row = {
    node: 'node',
    provider: 'provider',
    backend: 'backend',
    devices: 'devices',
    uplinks: 'uplinks',
    remarks: '',
  };
  const [head = '', ...lines] = textTable(
    [header, ...rows.map(rowOf)].map((row) =>
      [row.node, row.provider, row.backend, row.devices, row.uplinks, row.remarks].map(printable),
    ),
  );
  const sections = [[bold(head), ...lines], costLines(rows), errorLines(rows), [summary(rows)]];
  return sections
    .filter((section) => section.length > 0)
    .map((section) => section.map((line) => `${line}\n`).join(''))
    .join('\n');
}

/** The same as data. `detect --from` reads it back; nodes with an error have no report, and no decision. */
export function fleetDocument(rows: readonly FleetRow[]): object {
  return {
    schemaVersion,
    nodes: rows.map((row) => {
      if ('error' in row) return { node: { name: row.node }, error: errorFields(row.error) };
      return { ...row.report, decision: row.decision };
    }),
  };
}

function rowOf(row: FleetRow): Row {
  const { node } = row;
  if ('error' in row) {
    return { node, provider: '-', backend: '-', devices: '-', uplinks: '-', remarks: `error ${row.error.code}` };
  }
  const { report, decision } = row;
  return {
    node,
    provider: decision.provider,
    backend: decision.backend,
    devices: names(decision.devices.map(({ pciAddress }) => pciAddress)),
    uplinks: names(report.nics.filter(({ uplink }) => uplink).map(uplinkName)),
    remarks: remarks(decision).join('; '),
  };
}

function names(all: readonly string[]): string {
  if (all.length === 0) return '-';
  const more = all.length - shownNames;
  return `${all.slice(0, shownNames).join(' ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** An interface says more to a person than its address; a NIC that has none can be an uplink too. */
const uplinkName = ({ netdevs, pciAddress }: Nic): string => (netdevs.length === 0 ? pciAddress : netdevs.join('+'));

function remarks({ devices, conflicts, overridden }: Decision): string[] {
  const open = devices.filter(({ noIommu }) => noIommu).length;
  const making = devices.filter(({ create }) => create.length > 0).length;
  return [
    ...overridden.map((choice) => `set by you: ${choice}`),
    ...(making > 0 ? [`${count(making, 'device')} to be made first`] : []),
    ...(open > 0 ? [`no IOMMU isolates ${count(open, 'device')}`] : []),
    ...conflicts.map((conflict) => `conflict: ${conflict}`),
  ];
}

/** What a backend costs is said wherever it is shown. */
function costLines(rows: readonly FleetRow[]): string[] {
  const backends = new Set(rows.flatMap((row) => ('error' in row ? [] : [row.decision.backend])));
  return [...backends].sort().map((backend) => `${backend}: ${backendCost(backend) ?? ''}`);
}

/** Nodes that fail alike are named together: a missing image is missing on all of them. */
function errorLines(rows: readonly FleetRow[]): string[] {
  const alike = new Map<string, { readonly nodes: string[]; readonly lines: readonly string[] }>();
  for (const row of rows) {
    if (!('error' in row)) continue;
    const { code, message, details, next } = row.error;
    // What to do may name the node.
    const key = `${code} ${message}`;
    const same = alike.get(key);
    if (same !== undefined) same.nodes.push(row.node);
    else alike.set(key, { nodes: [row.node], lines: [`error ${code}: ${message}`, ...details, `next: ${next}`] });
  }
  return [...alike.values()].flatMap(({ nodes, lines }) => {
    const [first = '', ...more] = lines.map(printable);
    return [first, `  nodes: ${names(nodes.map(printable))}`, ...more.map((line) => `  ${line}`)];
  });
}

function summary(rows: readonly FleetRow[]): string {
  const failed = rows.filter((row) => 'error' in row).length;
  const devices = rows.flatMap((row) => ('error' in row ? [] : row.decision.devices)).length;
  const found = `${count(rows.length, 'node')}, ${count(devices, 'device')} to give away`;
  return failed === 0 ? found : `${found}; ${count(failed, 'node')} could not be looked at`;
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
