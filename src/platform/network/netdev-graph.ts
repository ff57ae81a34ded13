// SPDX-License-Identifier: Apache-2.0
import { parseCount } from '../fields.ts';
import type { RootFs } from '../root-fs.ts';

/** Which interfaces send through which. */
export interface NetdevGraph {
  /**
   * Every interface that sends and receives through this one, nearest first, without itself: bond, team, bridge or VRF
   * that it is enslaved to, VLAN, macvlan and the like on top of it, and so on upwards.
   */
  above(iface: string): string[];
  /** Whether sysfs shows anything of the interface, so that what is above it is known. */
  isReadable(iface: string): boolean;
}

const dirOf = (iface: string) => `sys/class/net/${iface}`;

/** Reads the links between all interfaces. The kernel makes each at both of its ends, and either end will do. */
export function readNetdevGraph(fs: RootFs, interfaces: readonly string[]): NetdevGraph {
  const uppers = new Map<string, Set<string>>();
  const link = (lower: string, upper: string) => uppers.set(lower, (uppers.get(lower) ?? new Set()).add(upper));
  const readable = new Set<string>();
  const portsOf = new Map<string, readonly string[]>();
  for (const iface of interfaces) {
    const entries = fs.list(dirOf(iface));
    if (entries.includes('ifindex')) readable.add(iface);
    for (const entry of entries) {
      if (entry.startsWith('upper_')) link(iface, entry.slice('upper_'.length));
      else if (entry.startsWith('lower_')) link(entry.slice('lower_'.length), iface);
      else if (entry === 'brif') portsOf.set(iface, fs.list(`${dirOf(iface)}/brif`));
    }
    for (const port of portsOf.get(iface) ?? []) link(port, iface);
    const master = entries.includes('master') ? fs.linkName(`${dirOf(iface)}/master`) : null;
    if (master !== null) link(iface, master);
  }

  let peers: Map<string, string> | null = null;
  /** The far ends, in this namespace, of the veth pairs that end in a bridge. */
  function bridgedPeers(bridge: string): string[] {
    const ports = portsOf.get(bridge) ?? [];
    if (ports.length === 0) return [];
    peers ??= readVethPairs(fs, interfaces);
    return ports.flatMap((port) => peers?.get(port) ?? []);
  }

  return {
    above(iface) {
      const reached = new Set([iface]);
      for (const current of reached) {
        for (const upper of uppers.get(current) ?? []) reached.add(upper);
        // A host that keeps its address on the far end of a veth pair reaches its network through the bridge's other
        // ports, though nothing in sysfs says that they belong together.
        for (const peer of bridgedPeers(current)) reached.add(peer);
      }
      reached.delete(iface);
      return [...reached];
    },
    isReadable: (iface) => readable.has(iface),
  };
}

/** An index says something only within its namespace, so that a pair counts when both ends point at each other. */
function readVethPairs(fs: RootFs, interfaces: readonly string[]): Map<string, string> {
  const ends = interfaces.map((name) => ({
    name,
    index: parseCount(fs.readText(`${dirOf(name)}/ifindex`)),
    peer: parseCount(fs.readText(`${dirOf(name)}/iflink`)),
  }));
  const byIndex = new Map(ends.map((end) => [end.index, end]));
  const pairs = new Map<string, string>();
  for (const end of ends) {
    const peer = byIndex.get(end.peer);
    if (end.index !== null && end.peer !== null && end.index !== end.peer && peer?.peer === end.index) {
      pairs.set(end.name, peer.name);
    }
  }
  return pairs;
}
