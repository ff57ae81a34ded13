// SPDX-License-Identifier: Apache-2.0

import { lastPciAddress } from '../fields.ts';
import type { RootFs } from '../root-fs.ts';
import { parseIpv6 } from './ip-address.ts';
import { isDown, mayHaveUnplacedAddress, readIpv4Addresses } from './ipv4-addresses.ts';
import { type NetFacts, readNetFacts } from './net-facts.ts';
import { readNetdevGraph } from './netdev-graph.ts';
import { interfacesTowards, parseSshConnection } from './ssh-connection.ts';

/**
 * What makes an interface an uplink.
 *
 * An interface is one when it, or an interface that sends through it, has an address, a route, the SSH connection in use or
 * a PPPoE session. Two cases are decided here, both to the safe side of useful:
 *
 * - An IPv6 link-local address alone does not make an uplink. The kernel gives one to every interface that is up, so
 *   that otherwise no spare NIC would be left; and a host that does use one for its traffic (unnumbered routing) has routes
 *   over the interface, which do count. One that a person chose (`fe80::1`) counts as any other address.
 * - Where a table cannot be read or understood, an interface that may be an uplink is one. The reason says so, and what
 *   could not be read.
 */
export interface UplinkReason {
  readonly text: string;
  /** A path below the root, or what else said it. */
  readonly source: string;
}

/** Answers for any interface why it is an uplink; no reason means that it is none. */
export interface Uplinks {
  reasons(iface: string): UplinkReason[];
  /** Why nothing is certain about a NIC that is bound to a driver but shows no interface; empty when all was read. */
  readonly doubts: readonly UplinkReason[];
}

const shownAddresses = 3;

export function readUplinks(fs: RootFs, env: NodeJS.ProcessEnv): Uplinks {
  const net = readNetFacts(fs);
  const own = readOwnReasons(fs, net, env);
  const doubts = net.doubts.map(({ path, text }) => ({ source: path, text: `cannot be ruled out: ${text}` }));
  const { unplaced } = own;
  const graph = readNetdevGraph(fs, net.interfaces);

  function reasons(iface: string): UplinkReason[] {
    const above = graph.above(iface);
    const certain = [
      ...own.of(iface).map(({ text, source }) => ({ source, text: `${iface} ${text}` })),
      ...above.flatMap((upper) => [
        ...own.of(upper).map(({ text, source }) => ({ source, text: `${iface} is below ${upper}, which ${text}` })),
        ...switchReasons(iface, upper),
      ]),
    ];
    if (certain.length > 0) return certain;
    const unread = [iface, ...above].find((name) => !graph.isReadable(name));
    if (unread !== undefined) {
      const source = `sys/class/net/${unread}`;
      return [{ source, text: `${iface} cannot be ruled out: nothing can be read of ${unread}` }];
    }
    if (unplaced.length > 0 && mayHaveUnplacedAddress(fs, iface)) {
      const shown = unplaced.slice(0, shownAddresses).join(', ');
      const text = `${iface} cannot be ruled out: nothing says whose address ${shown} is`;
      return [{ text, source: 'proc/net/fib_trie' }];
    }
    // A route goes when its interface is set down.
    if (net.unplacedTables.length > 0 && [iface, ...above].some((name) => !isDown(fs, name))) {
      const shown = net.unplacedTables.slice(0, shownAddresses).join(', ');
      const text = `${iface} cannot be ruled out: nothing says whose the IPv4 routes of table ${shown} are`;
      return [{ text, source: 'proc/net/fib_trie' }];
    }
    return doubts.map(({ text, source }) => ({ source, text: `${iface} ${text}` }));
  }
  return { reasons, doubts };
}

/** Open vSwitch keeps the host's address on a port of its own, which nothing in sysfs ties to the NIC. */
function switchReasons(iface: string, above: string): UplinkReason[] {
  if (!above.startsWith('ovs-')) return [];
  return [{ source: `sys/class/net/${iface}`, text: `${iface} is a port of the Open vSwitch datapath ${above}` }];
}

interface OwnReasons {
  readonly unplaced: readonly string[];
  of(iface: string): readonly UplinkReason[];
}

function readOwnReasons(fs: RootFs, net: NetFacts, env: NodeJS.ProcessEnv): OwnReasons {
  const reasons = new Map<string, UplinkReason[]>();
  const add = (iface: string, text: string, source: string) => {
    const list = reasons.get(iface) ?? [];
    if (!list.some((known) => known.text === text)) list.push({ text, source });
    reasons.set(iface, list);
  };

  const ipv4 = readIpv4Addresses(fs, net);
  const addresses = new Map<string, { address: string; source: string }[]>();
  const counting = net.ipv6Addresses
    .filter(({ address }) => !isAutomaticLinkLocal(address))
    .map((placed) => ({ ...placed, source: 'proc/net/if_inet6' }));
  for (const { iface, address, source } of [...ipv4.placed, ...counting]) {
    addresses.set(iface, [...(addresses.get(iface) ?? []), { address, source }]);
  }
  for (const [iface, list] of addresses) {
    const shown = list.slice(0, shownAddresses).map(({ address }) => address);
    const more = list.length > shownAddresses ? ` and ${list.length - shownAddresses} more` : '';
    add(
      iface,
      `has the ${list.length === 1 ? 'address' : 'addresses'} ${shown.join(', ')}${more}`,
      list[0]?.source ?? 'proc/net/if_inet6',
    );
  }

  addRoutes(net, new Set(addresses.keys()), add);
  for (const iface of net.pppoe) add(iface, 'carries a PPPoE session', 'proc/net/pppoe');
  for (const iface of net.interfaces)
    if (isLoopback(fs, iface)) add(iface, 'is the loopback interface', `sys/class/net/${iface}/flags`);

  const ssh = parseSshConnection(env['SSH_CONNECTION']);
  if (ssh !== null) {
    const holders = [...ipv4.placed, ...net.ipv6Addresses]
      .filter(({ address, iface }) => address === ssh.server.address && (ssh.server.zone ?? iface) === iface)
      .map(({ iface }) => iface);
    // The address may be on the loopback interface, or traffic come in by another way: the way to the client counts too.
    const towards = ssh.client.zone === null ? interfacesTowards(ssh.client.address, net) : [ssh.client.zone];
    for (const iface of new Set([...holders, ...towards])) add(iface, 'carries this SSH connection', 'SSH_CONNECTION');
  }
  return { unplaced: ipv4.unplaced, of: (iface) => reasons.get(iface) ?? [] };
}

type Add = (iface: string, text: string, source: string) => void;

function addRoutes(net: NetFacts, addressed: ReadonlySet<string>, add: Add): void {
  const unreachable = '0'.repeat(32);
  for (const route of net.ipv4Routes) {
    if (route.reject) continue;
    if (route.mask === 0) add(route.iface, 'carries the IPv4 default route', 'proc/net/route');
    // The first route of an interface that shows no address stands for them all.
    else if (!addressed.has(route.iface)) add(route.iface, 'has IPv4 routes of its own', 'proc/net/route');
  }
  // Pods of a cloud's own network are often routed by these alone, over an interface that has no address.
  for (const { iface, table, isDefault } of net.furtherRoutes) {
    if (isDefault) add(iface, `carries an IPv4 default route (table ${table})`, 'ip route');
    else if (!addressed.has(iface)) add(iface, `has IPv4 routes of its own (table ${table})`, 'ip route');
  }
  for (const route of net.ipv6Routes) {
    if (route.reject) continue;
    const toAll = route.prefixLength === 0 && route.destination === unreachable;
    if (toAll) add(route.iface, 'carries the IPv6 default route', 'proc/net/ipv6_route');
    else if (!addressed.has(route.iface) && !isMadeForEveryInterface(route.destination)) {
      add(route.iface, 'has IPv6 routes of its own', 'proc/net/ipv6_route');
    }
  }
}

/** Link-local and multicast destinations: the kernel makes these routes for every interface that is up. */
function isMadeForEveryInterface(destination: string): boolean {
  return /^(?:fe[89ab]|ff)/.test(destination);
}

/** A link-local address that the kernel made of the MAC address or a secret; one that a person chose is short. */
function isAutomaticLinkLocal(address: string): boolean {
  const hex = parseIpv6(address);
  return hex !== null && /^fe[89ab]/.test(hex) && !hex.slice(16).startsWith('00000000');
}

function isLoopback(fs: RootFs, iface: string): boolean {
  if (lastPciAddress(fs.linkTarget(`sys/class/net/${iface}`) ?? '') !== null) return false;
  const flags = fs.readText(`sys/class/net/${iface}/flags`);
  return iface === 'lo' || (flags !== null && /^0x[0-9a-f]{1,8}$/i.test(flags) && (Number(flags) & 8) === 8);
}
