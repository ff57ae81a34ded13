// SPDX-License-Identifier: Apache-2.0
import { parseCount } from '../fields.ts';
import type { RootFs } from '../root-fs.ts';
import { parseIpv4 } from './ip-address.ts';
import type { PlacedAddress } from './ip-command.ts';
import type { NetFacts } from './net-facts.ts';
import type { Ipv4Route } from './net-tables.ts';

export interface Ipv4Addresses {
  readonly placed: readonly PlacedAddress[];
  /** Addresses of the node of which nothing says what interface has them. */
  readonly unplaced: readonly string[];
}

/**
 * Whose the node's IPv4 addresses are. No file says it. On the running machine, and in a capture of one, getifaddrs does, through Node only for
 * interfaces that are up and running; what that leaves is placed by its connected route, and where there is none by `ip`.
 */
export function readIpv4Addresses(fs: RootFs, net: NetFacts): Ipv4Addresses {
  const placed: PlacedAddress[] = [...(fs.told?.runningAddresses() ?? [])];
  let unplaced: string[] = [];
  const known = new Set(placed.map(({ address }) => address));
  for (const address of net.ipv4Locals) {
    if (known.has(address)) continue;
    const interfaces = connectedInterfaces(net.ipv4Routes, address);
    for (const iface of interfaces) placed.push({ iface, address, source: 'proc/net/fib_trie' });
    if (interfaces.length === 0) unplaced.push(address);
  }
  if (fs.told !== null && unplaced.length > 0) {
    const asked = fs.told.allAddresses();
    placed.push(...asked.filter(({ address }) => unplaced.includes(address)));
    unplaced = unplaced.filter((address) => !asked.some((found) => found.address === address));
  }
  return { placed, unplaced };
}

/** The interfaces whose connected network, the narrowest, holds the address. */
function connectedInterfaces(routes: readonly Ipv4Route[], text: string): string[] {
  const address = parseIpv4(text);
  if (address === null) return [];
  const holding = routes.filter(
    (route) =>
      route.gateway === 0 && route.mask !== 0 && !route.reject && (address & route.mask) >>> 0 === route.destination,
  );
  const narrowest = Math.max(...holding.map((route) => route.mask));
  return [...new Set(holding.filter((route) => route.mask === narrowest).map((route) => route.iface))];
}

/** Whether an interface that no source gives an address may have one all the same. */
export function mayHaveUnplacedAddress(fs: RootFs, iface: string): boolean {
  // On a machine that was asked, an interface that is up with carrier would have been listed with its addresses.
  return (
    (fs.told?.runningAddresses() ?? null) === null ||
    !isUp(fs, iface) ||
    parseCount(fs.readText(`sys/class/net/${iface}/carrier`)) !== 1
  );
}

/** IFF_UP, what `ip link set … up` sets. */
export function isUp(fs: RootFs, iface: string): boolean {
  return upFlag(fs, iface) === true;
}

/** For certain: what cannot be read may be up. */
export function isDown(fs: RootFs, iface: string): boolean {
  return upFlag(fs, iface) === false;
}

function upFlag(fs: RootFs, iface: string): boolean | null {
  const flags = fs.readText(`sys/class/net/${iface}/flags`);
  return flags !== null && /^0x[0-9a-f]{1,8}$/i.test(flags) ? (Number(flags) & 1) === 1 : null;
}
