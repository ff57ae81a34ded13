// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';
import type { ChosenDevice } from '../../../src/providers/decision.ts';
import type { Link, Tree } from '../../fixtures/tree.ts';

const pciDevices = 'sys/bus/pci/devices/';
const userSpaceDrivers = ['vfio-pci', 'uio_pci_generic', 'igb_uio'];

/** The tree of a node after it was prepared: each chosen function has the driver that was chosen for it. */
export function preparedTree(tree: Tree, devices: readonly Pick<ChosenDevice, 'pciAddress' | 'driver'>[]): Tree {
  let prepared: Tree = tree;
  for (const { pciAddress, driver } of devices) {
    const folder = folderOf(tree, pciAddress);
    if (folder === null || driver === null) continue;
    const kept = Object.entries(prepared).filter(([path, entry]) => {
      if (!userSpaceDrivers.includes(driver)) return true;
      const leads = isLink(entry) ? posix.join(posix.dirname(path), entry.to) : path;
      // A driver that hands the function to a program makes no interface of it.
      return !new RegExp(`^${folder}/(virtio\\d+/)?net/`).test(leads);
    });
    prepared = { ...Object.fromEntries(kept), [`${folder}/driver`]: { to: `../../../bus/pci/drivers/${driver}` } };
  }
  return prepared;
}

/** Adds what a kernel has too and the fixtures leave out: ids in one line, and the virtual functions of a physical one. */
export function completedTree(tree: Tree): Tree {
  const more: Record<string, string | Link> = {};
  const counts = new Map<string, number>();
  for (const address of addressesIn(tree)) {
    const folder = folderOf(tree, address);
    if (folder === null) continue;
    const id = (file: string, digits: number) =>
      text(tree[`${folder}/${file}`]).trim().slice(2).toUpperCase().padStart(digits, '0');
    const [base, sub, interfaceClass] = id('class', 6).match(/../g) ?? [];
    more[`${folder}/modalias`] =
      `pci:v${id('vendor', 8)}d${id('device', 8)}sv${id('subsystem_vendor', 8)}sd${id('subsystem_device', 8)}bc${base}sc${sub}i${interfaceClass}\n`;
    const physical = tree[`${folder}/physfn`];
    if (!isLink(physical)) continue;
    const parent = posix.join(folder, physical.to);
    const index = counts.get(parent) ?? 0;
    counts.set(parent, index + 1);
    more[`${parent}/virtfn${index}`] ??= { to: posix.relative(parent, folder) };
  }
  return { ...more, ...tree };
}

export interface MachineInterface {
  readonly name: string;
  readonly hasDefaultRoute: boolean;
}

/** Interfaces, loopback apart. */
export function interfacesIn(tree: Tree): readonly MachineInterface[] {
  const routes = text(tree['proc/net/route'])
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const withDefault = routes.filter(([, destination]) => destination === '00000000').map(([name]) => name);
  return Object.keys(tree)
    .flatMap((path) => /^sys\/class\/net\/([^/]+)$/.exec(path)?.[1] ?? [])
    .filter((name) => name !== 'lo' && isLink(tree[`sys/class/net/${name}`]))
    .map((name) => ({ name, hasDefaultRoute: withDefault.includes(name) }));
}

function addressesIn(tree: Tree): readonly string[] {
  return Object.keys(tree).flatMap((path) => (path.startsWith(pciDevices) ? path.slice(pciDevices.length) : []));
}

/** Where the function is below sys/devices. */
function folderOf(tree: Tree, address: string): string | null {
  const link = tree[pciDevices + address];
  return isLink(link) ? posix.join(pciDevices, link.to) : null;
}

function isLink(entry: Tree[string] | undefined): entry is Link {
  return typeof entry === 'object' && entry !== null;
}

function text(entry: Tree[string] | undefined): string {
  return typeof entry === 'string' ? entry : '';
}
