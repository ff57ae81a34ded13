// SPDX-License-Identifier: Apache-2.0
import { parseCount } from './fields.ts';
import type { RootFs } from './root-fs.ts';

const dirOf = (iface: string) => `sys/class/net/${iface}`;

/** Interfaces on one stack; a tree made to hurt may hold more. */
const maxReached = 1024;

/** The interfaces directly above: bond, team, bridge or VRF that it is enslaved to; VLAN, macvlan and the like on top of it. */
function directlyAbove(fs: RootFs, iface: string): string[] {
  const above = fs
    .list(dirOf(iface))
    .filter((name) => name.startsWith('upper_'))
    .map((name) => name.slice('upper_'.length));
  const master = fs.linkName(`${dirOf(iface)}/master`);
  return master === null || above.includes(master) ? above : [...above, master];
}

/** Every interface that sends and receives through this one, nearest first, without itself. */
export function interfacesAbove(fs: RootFs, iface: string): string[] {
  const reached = new Set([iface]);
  for (const current of reached) {
    for (const above of [...directlyAbove(fs, current), ...bridgedPeers(fs, current)]) {
      if (reached.size < maxReached) reached.add(above);
    }
  }
  reached.delete(iface);
  return [...reached];
}

/**
 * The far ends, in this namespace, of the veth pairs that end in a bridge. A host that keeps its address on such a far
 * end reaches its network through the bridge's other ports, though nothing in sysfs says that they belong together.
 */
function bridgedPeers(fs: RootFs, bridge: string): string[] {
  const ports = fs.list(`${dirOf(bridge)}/brif`);
  if (ports.length === 0) return [];
  const byIndex = new Map(fs.list('sys/class/net').map((name) => [indexOf(fs, name), name]));
  return ports.flatMap((port) => {
    const peer = byIndex.get(linkedIndexOf(fs, port) ?? Number.NaN);
    // An index says something only within its namespace: the pair has to point at each other.
    const isPair = peer !== undefined && peer !== port && linkedIndexOf(fs, peer) === indexOf(fs, port);
    return isPair ? [peer] : [];
  });
}

function indexOf(fs: RootFs, iface: string): number | null {
  return parseCount(fs.readText(`${dirOf(iface)}/ifindex`));
}

function linkedIndexOf(fs: RootFs, iface: string): number | null {
  return parseCount(fs.readText(`${dirOf(iface)}/iflink`));
}
