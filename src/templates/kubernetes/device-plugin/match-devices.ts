// SPDX-License-Identifier: Apache-2.0
import type { Nic } from '../../../platform/node-report.ts';
import type { NetDeviceSelectors } from './selectors.ts';
import { virtualFunctionIndex } from './virtual-function-index.ts';

export type PciAddress = string;

/**
 * The functions of a node that a pool of the SR-IOV network device plugin would have, by what its discovery does:
 *
 * - it takes PCI functions of class 02 that a driver has, and leaves out physical functions that have virtual ones;
 * - it narrows them by the selectors in the order of `knownSelectorKeys`, each one an exact, case-sensitive list, except
 *   `pfNames` and `rootDevices`, whose names are compared without case;
 * - of several selectors (a list of them) each adds what it selects.
 *
 * Its guard for interfaces with a default route is taken for absent: it sees only interfaces right below the PCI function,
 * which a virtio NIC's are not, and only those of the moment at which it starts. What a report does not hold
 * (`acpiIndexes`, `linkTypes`, `ddpProfiles`, `pKeys`, `isRdma`) is taken for fulfilled. So the answer may be too long,
 * never too short, and an uplink that is not in it is safe. Pools are looked at one by one: that a function goes to
 * the first that has it is not considered.
 */
export function matchDevices(
  selectors: readonly NetDeviceSelectors[],
  report: { readonly nics: readonly Nic[] },
): PciAddress[] {
  return report.nics
    .filter((nic) => isDiscovered(nic) && selectors.some((selector) => selects(selector, nic, report.nics)))
    .map(({ pciAddress }) => pciAddress);
}

function isDiscovered({ driver, sriov }: Nic): boolean {
  return driver !== null && (sriov === null || sriov.isVf || sriov.numVfs === 0);
}

function selects(selectors: NetDeviceSelectors, nic: Nic, all: readonly Nic[]): boolean {
  return (
    isIn(selectors.vendors, nic.vendor) &&
    isIn(selectors.devices, nic.device) &&
    isIn(selectors.drivers, nic.driver) &&
    isIn(selectors.pciAddresses, nic.pciAddress) &&
    isNamed(selectors.pfNames, physicalFunctionName(nic, all), nic, all) &&
    isNamed(selectors.rootDevices, nic.sriov?.pf ?? nic.pciAddress, nic, all) &&
    // Without an interface there is no link type.
    (isEmpty(selectors.linkTypes) || hasOwnInterface(nic)) &&
    isOfVdpaType(selectors.vdpaType, nic)
  );
}

function isEmpty(list: readonly string[] | undefined): boolean {
  return list === undefined || list.length === 0;
}

function isIn(list: readonly string[] | undefined, value: string | null): boolean {
  return list === undefined || list.length === 0 || (value !== null && list.includes(value));
}

/** The first item of that name decides, even where a later one would name the virtual function too. */
function isNamed(list: readonly string[] | undefined, name: string | null, nic: Nic, all: readonly Nic[]): boolean {
  if (list === undefined || list.length === 0) return true;
  if (name === null) return false;
  const item = list.find((candidate) => candidate.split('#', 1)[0]?.toLowerCase() === name.toLowerCase());
  if (item === undefined) return false;
  const parts = item.split('#');
  if (parts.length === 1) return true;
  if (parts.length > 2) return false;
  const index = virtualFunctionIndex(nic, all);
  return index === null || hasIndex(parts[1] ?? '', index);
}

/** `0,2-7,9`: reads from the left, and what is no number ends it. */
function hasIndex(text: string, index: number): boolean {
  for (const entry of text.split(',')) {
    const range = /^([+-]?\d+)$|^(\d+)-(\d+)$/.exec(entry);
    if (range === null) return false;
    const first = Number(range[1] ?? range[2]);
    const last = Number(range[1] ?? range[3]);
    if (index >= first && index <= last) return true;
  }
  return false;
}

/** The interface of the physical function, or the NIC's own where it is no virtual one. */
function physicalFunctionName(nic: Nic, all: readonly Nic[]): string | null {
  const pf = nic.sriov?.isVf === true ? all.find(({ pciAddress }) => pciAddress === nic.sriov?.pf) : nic;
  return pf !== undefined && hasOwnInterface(pf) ? (pf.netdevs[0] ?? null) : null;
}

/** The interface of a virtio NIC is a level deeper, where the plugin does not look. */
function hasOwnInterface({ netdevs, kind }: Nic): boolean {
  return netdevs.length > 0 && kind !== 'virtio';
}

/** Devices without a management device are invisible to the plugin, because it asks the kernel for those of a PCI function. */
function isOfVdpaType(vdpaType: string | undefined, { vdpa }: Nic): boolean {
  if (vdpaType === undefined || vdpaType === '') return true;
  if (vdpa === null || vdpa.mgmtdev === null) return false;
  if (vdpaType === 'vhost') return vdpa.path !== null;
  return vdpaType === 'virtio' && vdpa.path === null;
}
