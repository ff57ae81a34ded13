// SPDX-License-Identifier: Apache-2.0
import { ask } from '../../process/ask.ts';
import { formatIpv4, parseIpv4 } from './ip-address.ts';
import type { InterfaceAddress } from './net-tables.ts';

/** An address of an interface, and what said so. */
export interface PlacedAddress extends InterfaceAddress {
  readonly source: string;
}

/** The IPv4 addresses of all interfaces, up or down, as `ip` knows them; none where there is no such program. */
export function askIp(): PlacedAddress[] {
  return parseIpAddressJson(ask('ip', ['-j', '-4', 'address', 'show']) ?? '');
}

/** The answer of `ip -j -4 address show`; whatever is no such answer holds no addresses. */
export function parseIpAddressJson(text: string): PlacedAddress[] {
  let links: unknown;
  try {
    links = JSON.parse(text);
  } catch {
    return [];
  }
  const found: PlacedAddress[] = [];
  for (const link of arrayOf(links)) {
    for (const info of arrayOf(field(link, 'addr_info'))) {
      const iface = field(link, 'ifname');
      const local = field(info, 'local');
      const address = typeof local === 'string' ? parseIpv4(local) : null;
      if (typeof iface !== 'string' || address === null) continue;
      found.push({ iface, address: formatIpv4(address), source: 'ip address' });
    }
  }
  return found;
}

/** The answer of `ip -o -4 address show`, for an `ip` that speaks no JSON. */
export function parseIpAddressLines(text: string): PlacedAddress[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\d+: (\S{1,15}) +inet (\S+?)(?:\/\d+)? /.exec(line);
    const address = match?.[2] === undefined ? null : parseIpv4(match[2]);
    return match?.[1] === undefined || address === null
      ? []
      : [{ iface: match[1], address: formatIpv4(address), source: 'ip address' }];
  });
}

/** An IPv4 route of another table than main and local: of policy routing, or of a VRF. */
export interface FurtherRoute {
  readonly iface: string;
  /** Its number, or its name in `/etc/iproute2/rt_tables`. */
  readonly table: string;
  readonly isDefault: boolean;
}

/** The IPv4 routes that `/proc/net/route` leaves out; null where there is no `ip` to tell. */
export function askIpRoutes(): FurtherRoute[] | null {
  const text = ask('ip', ['-o', '-4', 'route', 'show', 'table', 'all']);
  return text === null ? null : parseIpRouteLines(text);
}

/** Routes that lead somewhere; those of any other type `ip` begins with the name of the type. */
const leadsSomewhere = /^(?:unicast +)?(default|[\d.]+(?:\/\d+)?) /;

/** The answer of `ip -o -4 route show table all`: one entry for each table and interface, and kind of route. */
export function parseIpRouteLines(text: string): FurtherRoute[] {
  const found = new Map<string, FurtherRoute>();
  for (const line of text.split('\n')) {
    const destination = leadsSomewhere.exec(line)?.[1];
    const table = / table (\S{1,64})/.exec(line)?.[1] ?? 'main';
    if (destination === undefined || ['main', 'local', '254', '255'].includes(table)) continue;
    const isDefault = destination === 'default' || destination === '0.0.0.0/0';
    // Several, where the route has several next hops.
    for (const [, iface = ''] of line.matchAll(/ dev (\S{1,15})(?= |$)/g)) {
      found.set(`${iface} ${table} ${isDefault}`, { iface, table, isDefault });
    }
  }
  return [...found.values()];
}

function arrayOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}
