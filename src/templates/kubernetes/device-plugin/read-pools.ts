// SPDX-License-Identifier: Apache-2.0
import { nearest } from '../../../config/nearest.ts';
import { isRecord } from '../../../config/plain-data.ts';
import type { SelectorFinding } from './selector-finding.ts';
import {
  type DeviceType,
  deviceTypes,
  knownPoolKeys,
  knownSelectorKeys,
  type NetDeviceSelectors,
} from './selectors.ts';

/** A pool as the device plugin understands it, unknown keys left out. */
export interface ReadPool {
  readonly name: string;
  readonly prefix: string;
  readonly deviceType: DeviceType;
  readonly selectors: readonly { readonly path: SelectorFinding['path']; readonly value: NetDeviceSelectors }[];
  readonly path: SelectorFinding['path'];
}

type Path = SelectorFinding['path'];
type Report = (kind: SelectorFinding['kind'], path: Path, message: string) => void;

/** The prefix where neither the pool nor the command line names one. */
const defaultPrefix = 'intel.com';

/** Reads `config.json` as the plugin does, and says what it would not say. */
export function readPools(config: unknown): { readonly pools: ReadPool[]; readonly findings: SelectorFinding[] } {
  const findings: SelectorFinding[] = [];
  const report: Report = (kind, path, message) => findings.push({ kind, path, message, devices: [] });
  const list = isRecord(config) ? knownKeys(config, ['resourceList'], [], report)['resourceList'] : undefined;
  if (!Array.isArray(list)) {
    report('malformed', [], 'there is no list resourceList: the device plugin ends at once');
    return { pools: [], findings };
  }
  if (list.length === 0) report('malformed', ['resourceList'], 'resourceList is empty: the device plugin ends at once');
  const pools = list.flatMap((entry: unknown, index) => readPool(entry, ['resourceList', index], report));
  const seen = new Set<string>();
  for (const { prefix, name, path } of pools) {
    if (seen.has(`${prefix}/${name}`))
      report('duplicate', path, `a pool before it is called ${prefix}/${name} too: the device plugin ends`);
    seen.add(`${prefix}/${name}`);
  }
  return { pools, findings };
}

function readPool(entry: unknown, path: Path, report: Report): ReadPool[] {
  if (!isRecord(entry)) {
    report('malformed', path, 'a pool has to be an object');
    return [];
  }
  const pool = knownKeys(entry, knownPoolKeys, path, report);
  const name = pool['resourceName'];
  if (typeof name !== 'string' || !/^[a-zA-Z0-9_-]+$/.test(name)) {
    report(
      'malformed',
      [...path, 'resourceName'],
      'resourceName has to be letters, digits, underscores and dashes: the device plugin ends',
    );
    return [];
  }
  const given = pool['deviceType'] ?? 'netDevice';
  const deviceType = deviceTypes.find((type) => type === given);
  if (deviceType === undefined) {
    report('malformed', [...path, 'deviceType'], `deviceType has to be one of ${deviceTypes.join(', ')}`);
    return [];
  }
  const prefix = typeof pool['resourcePrefix'] === 'string' ? pool['resourcePrefix'] : defaultPrefix;
  const selectors = readSelectors(pool['selectors'], deviceType, [...path, 'selectors'], report);
  return [{ name, prefix, deviceType, selectors, path }];
}

function readSelectors(value: unknown, deviceType: DeviceType, path: Path, report: Report): ReadPool['selectors'] {
  if (value === undefined || value === null) {
    report('malformed', path, 'selectors are missing: the device plugin crashes');
    return [];
  }
  const several: readonly unknown[] | null = Array.isArray(value) ? value : null;
  return (several ?? [value]).flatMap((one, index) => {
    const at = several === null ? path : [...path, index];
    if (!isRecord(one)) {
      report(
        'malformed',
        at,
        'selectors have to be an object or a list of objects: the device plugin leaves the pool out',
      );
      return [];
    }
    const selectors = knownKeys(one, knownSelectorKeys[deviceType], at, report);
    return [{ path: at, value: typed(selectors, at, report) }];
  });
}

/** Go compares the keys of JSON without case. */
function knownKeys(
  entry: Record<string, unknown>,
  known: readonly string[],
  path: Path,
  report: Report,
): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(entry)) {
    const same = known.find((candidate) => candidate.toLowerCase() === key.toLowerCase());
    if (same !== undefined) read[same] = value;
    else {
      const meant = nearest(key, known);
      const hint = meant === null ? '' : `; ${meant} is meant?`;
      report('unknown-key', [...path, key], `the device plugin does not know ${key} and passes it over${hint}`);
    }
  }
  return read;
}

const flags = ['isRdma', 'needVhostNet'];

function typed(selectors: Record<string, unknown>, path: Path, report: Report): NetDeviceSelectors {
  const read: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(selectors)) {
    if (value === null) continue;
    const expected = flags.includes(key) ? 'true or false' : key === 'vdpaType' ? 'a text' : 'a list of texts';
    if (isOfType(value, expected)) read[key] = value;
    else report('malformed', [...path, key], `${key} has to be ${expected}: the device plugin leaves the pool out`);
  }
  return read;
}

function isOfType(value: unknown, expected: string): boolean {
  if (expected === 'true or false') return typeof value === 'boolean';
  if (expected === 'a text') return typeof value === 'string';
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
