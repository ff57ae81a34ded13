// SPDX-License-Identifier: Apache-2.0
import type { Nic, NodeFacts } from '../../../platform/node-report.ts';
import { matchDevices } from './match-devices.ts';
import { type ReadPool, readPools } from './read-pools.ts';
import type { SelectorFinding } from './selector-finding.ts';

/** As much of a node report as the selectors are held against. */
export interface NodeNics {
  readonly node: Pick<NodeFacts, 'name'>;
  readonly nics: readonly Nic[];
}

type Devices = SelectorFinding['devices'];

/**
 * Holds the content of a device plugin's `config.json` against nodes. Nothing found means: every key is known, no selector
 * matches an uplink of any of the nodes, each names its drivers, no two pools want the same device, and none is empty on
 * all nodes. Without nodes only what the config itself shows is looked at. `matchDevices` says how devices are matched; a
 * node that is yet to be prepared is given as it will be (`preparedNics`).
 */
export function checkSelectors(config: unknown, nodes: readonly NodeNics[]): SelectorFinding[] {
  const { pools, findings } = readPools(config);
  const matches = pools.map((pool) => devicesOf(pool, nodes));
  return [
    ...findings,
    ...pools.flatMap((pool, index) => [
      ...ofItself(pool),
      ...uplinks(pool, matches[index] ?? [], nodes),
      ...overlaps(pools, matches, index),
      ...emptiness(pool, matches[index] ?? [], nodes),
    ]),
  ];
}

/** Other kinds of pools take no PCI network function, so that there is nothing to match. */
function devicesOf({ deviceType, selectors }: ReadPool, nodes: readonly NodeNics[]): Devices {
  if (deviceType !== 'netDevice') return [];
  const values = selectors.map(({ value }) => value);
  return nodes.flatMap(({ node, nics }) =>
    matchDevices(values, { nics }).map((pciAddress) => ({ node: node.name, pciAddress })),
  );
}

function ofItself({ deviceType, selectors }: ReadPool): SelectorFinding[] {
  if (deviceType !== 'netDevice') return [];
  return selectors.flatMap(({ path, value }) => {
    const found: SelectorFinding[] = [];
    if ((value.drivers ?? []).length === 0) {
      const message = 'no driver is named: the pool also takes devices that the kernel uses, an uplink among them';
      found.push({ kind: 'no-driver', path: [...path, 'drivers'], message, devices: [] });
    }
    if (value.isRdma === true && (value.vdpaType ?? '') !== '') {
      const message = 'isRdma and vdpaType exclude each other: the device plugin ends';
      found.push({ kind: 'contradiction', path: [...path, 'vdpaType'], message, devices: [] });
    }
    return found;
  });
}

function uplinks({ selectors }: ReadPool, matched: Devices, nodes: readonly NodeNics[]): SelectorFinding[] {
  if (matched.length === 0) return [];
  return selectors.flatMap(({ path, value }) => {
    const devices = nodes.flatMap(({ node, nics }) => {
      const own = new Set(matchDevices([value], { nics }));
      return nics
        .filter(({ uplink, pciAddress }) => uplink && own.has(pciAddress))
        .map(({ pciAddress }) => ({ node: node.name, pciAddress }));
    });
    if (devices.length === 0) return [];
    return [{ kind: 'uplink', path, message: `${words(devices)}: an uplink, which would be given away`, devices }];
  });
}

function overlaps(pools: readonly ReadPool[], matches: readonly Devices[], index: number): SelectorFinding[] {
  const pool = pools[index];
  if (pool === undefined) return [];
  return pools.slice(0, index).flatMap((earlier, at) => {
    const taken = new Set((matches[at] ?? []).map(keyOf));
    const devices = (matches[index] ?? []).filter((device) => taken.has(keyOf(device)));
    if (devices.length === 0) return [];
    const message = `${words(devices)}: also in the pool ${earlier.name}, which comes first and has it`;
    return [{ kind: 'overlap', path: pool.path, message, devices }];
  });
}

function emptiness(pool: ReadPool, matched: Devices, nodes: readonly NodeNics[]): SelectorFinding[] {
  if (pool.deviceType !== 'netDevice' || nodes.length === 0 || matched.length > 0) return [];
  const message = `no device of any node is selected: ${pool.prefix}/${pool.name} will not appear`;
  return [{ kind: 'empty', path: pool.path, message, devices: [] }];
}

function keyOf({ node, pciAddress }: Devices[number]): string {
  return `${node}/${pciAddress}`;
}

/** The first few, because a cluster can have many of one kind. */
function words(devices: Devices): string {
  const first = devices
    .slice(0, 3)
    .map(({ node, pciAddress }) => (node === null ? pciAddress : `${pciAddress} of ${node}`));
  return devices.length > 3 ? `${first.join(', ')} and ${devices.length - 3} more` : first.join(', ');
}
