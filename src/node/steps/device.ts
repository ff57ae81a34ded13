// SPDX-License-Identifier: Apache-2.0
import type { Nic } from '../../platform/node-report.ts';
import { changedMeanwhile, uplinkRefused } from '../node-errors.ts';
import type { NodeSystem, Opener } from '../node-system.ts';

export const pciDir = (pciAddress: string): string => `sys/bus/pci/devices/${pciAddress}`;

/** A NIC as it is at this moment. Throws VDPA-NODE-001 when it is gone, VDPA-UPLINK-001 when it is an uplink by now. */
export function requireNic(system: NodeSystem, pciAddress: string): Nic {
  const nic = system.report().nics.find((candidate) => candidate.pciAddress === pciAddress);
  if (nic === undefined) throw changedMeanwhile(pciAddress, 'the device is gone since the plan was made');
  if (nic.uplink) throw uplinkRefused(nic);
  return nic;
}

/** Why a device must not be touched at this moment; null when it may. */
export function whyUplink(system: NodeSystem, pciAddress: string): string | null {
  const nic = system.report().nics.find((candidate) => candidate.pciAddress === pciAddress);
  return nic?.uplink === true ? `${pciAddress} is an uplink by now (${nic.uplinkReasons.join('; ')})` : null;
}

/** The vendor and device ids of the function, `8086:10c9`; null when there is none at that address. */
export function readIds(system: NodeSystem, pciAddress: string): string | null {
  const dir = pciDir(pciAddress);
  const id = (file: string) => system.readText(`${dir}/${file}`)?.replace(/^0x/, '') ?? null;
  const [vendor, device] = [id('vendor'), id('device')];
  return vendor === null || device === null ? null : `${vendor}:${device}`;
}

/** `driver_override`; the kernel spells `(null)` for none. */
export function readOverride(system: NodeSystem, pciAddress: string): string | null {
  const text = system.readText(`${pciDir(pciAddress)}/driver_override`);
  return text === null || text === '' || text === '(null)' ? null : text;
}

/**
 * Who has a PCI function in user space. To unbind it then, or to remove it, blocks in the kernel until they let go, which
 * nothing can interrupt; so it is asked first.
 */
export function usersOf(system: NodeSystem, pciAddress: string): readonly Opener[] {
  const dir = pciDir(pciAddress);
  const group = system.linkName(`${dir}/iommu_group`);
  const files = [
    ...(group === null ? [] : [`dev/vfio/${group}`, `dev/vfio/noiommu-${group}`]),
    ...system.list(`${dir}/vfio-dev`).map((name) => `dev/vfio/devices/${name}`),
    ...system.list(`${dir}/uio`).map((name) => `dev/${name}`),
    ...vhostFiles(system, system.report().nics.find((nic) => nic.pciAddress === pciAddress)?.vdpa?.name ?? null),
  ];
  return system.openers(files);
}

/** The character device of a vDPA device that vhost_vdpa has. */
export function vhostFiles(system: NodeSystem, name: string | null): string[] {
  if (name === null) return [];
  return system
    .list(`sys/bus/vdpa/devices/${name}`)
    .filter((child) => /^vhost-vdpa-\d+$/.test(child))
    .map((child) => `dev/${child}`);
}

export function userWords(users: readonly Opener[]): string {
  return users.map(({ pid, name }) => `${name} (process ${pid})`).join(', ');
}
