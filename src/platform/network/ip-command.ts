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

function arrayOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}
