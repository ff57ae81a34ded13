// SPDX-License-Identifier: Apache-2.0
import { lastPciAddress } from '../fields.ts';
import { readInterfaces } from '../network/net-facts.ts';
import type { RootFs } from '../root-fs.ts';

export interface NicNetdevs {
  readonly names: readonly string[];
  /** sysfs holds a place for interfaces of the NIC and shows none in it: they are in another network namespace. */
  readonly elsewhere: boolean;
}

/** Finds the interfaces of PCI functions. */
export interface NetdevIndex {
  of(pciAddress: string): NicNetdevs;
}

/**
 * An interface is found from both ends, so that one broken link hides none: below its function (`net/*`, `virtioN/net/*`,
 * and a level deeper for a vDPA device that the kernel drives as virtio), and by the device path of its own entry.
 */
export function indexNetdevs(fs: RootFs): NetdevIndex {
  const byPciAddress = new Map<string, string[]>();
  for (const name of readInterfaces(fs)) {
    const path = fs.linkTarget(`sys/class/net/${name}`) ?? fs.linkTarget(`sys/class/net/${name}/device`);
    const pciAddress = lastPciAddress(path ?? '');
    if (pciAddress !== null) byPciAddress.set(pciAddress, [...(byPciAddress.get(pciAddress) ?? []), name]);
  }
  return {
    of(pciAddress) {
      const places = netPlaces(fs, `sys/bus/pci/devices/${pciAddress}`, 2).map((place) => fs.list(place));
      const names = new Set([...places.flat(), ...(byPciAddress.get(pciAddress) ?? [])]);
      return { names: [...names].sort(), elsewhere: places.some((place) => place.length === 0) };
    },
  };
}

function netPlaces(fs: RootFs, dir: string, depth: number): string[] {
  const entries = fs.list(dir);
  const here = entries.includes('net') ? [`${dir}/net`] : [];
  if (depth === 0) return here;
  const children = entries.filter((name) => /^(?:virtio|vdpa)\d+$/.test(name));
  return [...here, ...children.flatMap((child) => netPlaces(fs, `${dir}/${child}`, depth - 1))];
}
