// SPDX-License-Identifier: Apache-2.0
import { formatIpv4, formatIpv6, parseIpv4 } from './ip-address.ts';

/**
 * Parsers of the kernel's network tables. Lines that are not understood are counted, for the sake of the uplinks: a
 * table with a line that nobody could read may have hidden anything.
 */
export interface Table<Row> {
  readonly rows: readonly Row[];
  readonly unreadLines: number;
}

function parseLines<Row>(lines: readonly string[], parse: (fields: readonly string[]) => Row | null): Table<Row> {
  const rows: Row[] = [];
  let unreadLines = 0;
  for (const line of lines) {
    const trimmed = line.trim();
    if (trimmed === '') continue;
    const row = trimmed.length > 512 ? null : parse(trimmed.split(/\s+/));
    if (row === null) unreadLines += 1;
    else rows.push(row);
  }
  return { rows, unreadLines };
}

export interface Ipv4Route {
  readonly iface: string;
  readonly destination: number;
  readonly mask: number;
  readonly gateway: number;
  /** An unreachable, prohibited or blackhole route: traffic ends there. */
  readonly reject: boolean;
}

const rtfReject = 0x0200;

/** `/proc/net/route`: the routes of the main table. Numbers are in the byte order of the machine, here little-endian. */
export function parseIpv4Routes(text: string): Table<Ipv4Route> {
  const [header = '', ...lines] = text.split('\n');
  const table = parseLines(lines, (fields) => {
    const [iface, destination, gateway, flags, , , , mask] = fields;
    const numbers = [destination, gateway, mask].map(swapped);
    const [to, via, under] = numbers;
    if (iface === undefined || to == null || via == null || under == null) return null;
    if (flags === undefined || !/^[0-9a-f]{4,8}$/i.test(flags)) return null;
    return {
      iface,
      destination: to,
      gateway: via,
      mask: under,
      reject: (Number.parseInt(flags, 16) & rtfReject) !== 0,
    };
  });
  // A namespace that never had a route has an empty file, without the header.
  const known = header.startsWith('Iface') || text === '';
  return known ? table : { ...table, unreadLines: table.unreadLines + 1 };
}

/** A 32-bit number printed in hex by a little-endian machine, in network byte order. */
function swapped(hex: string | undefined): number | null {
  if (hex === undefined || !/^[0-9a-f]{8}$/i.test(hex)) return null;
  return Number.parseInt(hex.match(/../g)?.reverse().join('') ?? '', 16);
}

export interface Ipv6Route {
  readonly iface: string;
  /** 32 hex digits. */
  readonly destination: string;
  readonly prefixLength: number;
  readonly reject: boolean;
}

const hex32 = /^[0-9a-f]{32}$/i;

/** `/proc/net/ipv6_route`: the routes of all tables. */
export function parseIpv6Routes(text: string): Table<Ipv6Route> {
  return parseLines(text.split('\n'), (fields) => {
    const [destination, length, , , , , , , flags, iface] = fields;
    const prefixLength = parsePrefixLength(length);
    if (destination === undefined || !hex32.test(destination) || prefixLength === null || iface === undefined)
      return null;
    if (flags === undefined || !/^[0-9a-f]{8}$/i.test(flags)) return null;
    const reject = (Number.parseInt(flags, 16) & rtfReject) !== 0;
    return { iface, destination: destination.toLowerCase(), prefixLength, reject };
  });
}

function parsePrefixLength(hex: string | undefined): number | null {
  if (hex === undefined || !/^[0-9a-f]{2}$/i.test(hex)) return null;
  const length = Number.parseInt(hex, 16);
  return length <= 128 ? length : null;
}

export interface InterfaceAddress {
  readonly iface: string;
  readonly address: string;
}

/** `/proc/net/if_inet6`: the IPv6 addresses of all interfaces. */
export function parseIfInet6(text: string): Table<InterfaceAddress> {
  return parseLines(text.split('\n'), (fields) => {
    const [address, index, length, , , iface] = fields;
    if (address === undefined || !hex32.test(address) || iface === undefined) return null;
    if (index === undefined || !/^[0-9a-f]{2,8}$/i.test(index) || parsePrefixLength(length) === null) return null;
    return { iface, address: formatIpv6(address.toLowerCase()) };
  });
}

/** The node's own IPv4 addresses in `/proc/net/fib_trie`, loopback's too; it names no interfaces. */
export function parseFibTrieLocals(text: string): string[] {
  const locals = new Set<string>();
  let leaf: number | null = null;
  for (const line of text.split('\n')) {
    const start = /^[ \t]*\|-- (\S{7,15})$/.exec(line);
    if (start?.[1] !== undefined) leaf = parseIpv4(start[1]);
    else if (leaf !== null && line.trim() === '/32 host LOCAL') locals.add(formatIpv4(leaf));
  }
  return [...locals];
}

/**
 * The numbers of the routing tables beside main and local (policy routing, VRFs) that lead somewhere, in
 * `/proc/net/fib_trie`; it names no interfaces, and `/proc/net/route` leaves these tables out.
 */
export function parseFibTrieFurtherTables(text: string): string[] {
  const tables = new Set<string>();
  let table: string | null = null;
  for (const line of text.split('\n')) {
    const heading = /^(?:Main|Local|Id (\d{1,10})):$/.exec(line);
    if (heading !== null) table = heading[1] ?? null;
    else if (table !== null && /^[ \t]+\/\d{1,2} \w+ UNICAST\b/.test(line)) tables.add(table);
  }
  return [...tables];
}

/** The names of all interfaces in `/proc/net/dev`, or null when that is not what the text is. */
export function parseNetDev(text: string): string[] | null {
  const [first = '', second = '', ...lines] = text.split('\n');
  if (!first.startsWith('Inter-|') || !second.includes('|')) return null;
  return lines.flatMap((line) => (line.includes(':') ? [line.slice(0, line.indexOf(':')).trim()] : []));
}

/** The interfaces that carry a PPPoE session, by `/proc/net/pppoe`. */
export function parsePppoe(text: string): string[] {
  return text.split('\n').flatMap((line) => /^[0-9a-f]{8} +[0-9a-f:]{17} +(\S{1,15})\s*$/i.exec(line)?.[1] ?? []);
}
