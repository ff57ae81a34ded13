// SPDX-License-Identifier: Apache-2.0
import { lastPciAddress } from '../fields.ts';
import type { Nic } from '../node-report.ts';
import type { Note } from '../note.ts';
import type { RootFs } from '../root-fs.ts';

export type VdpaDevice = NonNullable<Nic['vdpa']>;

const busDir = 'sys/bus/vdpa/devices';

/**
 * The devices on the vDPA bus by the PCI function that they belong to. Software devices (simulator, VDUSE) belong to
 * none. Where a function has several, the first by name is reported and all are in the evidence.
 */
export function readVdpaDevices(fs: RootFs, kernel: string | null, note: Note): Map<string, VdpaDevice> {
  const byPciAddress = new Map<string, VdpaDevice>();
  for (const name of fs.list(busDir)) {
    const path = `${busDir}/${name}`;
    const pciAddress = lastPciAddress(fs.linkTarget(path) ?? '');
    note(`vdpa ${name}`, path, pciAddress ?? 'no PCI device');
    if (pciAddress === null || byPciAddress.has(pciAddress)) continue;
    const mgmtdev = managementDevice(fs, pciAddress, kernel);
    byPciAddress.set(pciAddress, { name, mgmtdev, path: characterDevice(fs, path) });
  }
  return byPciAddress;
}

/** The vhost-vdpa driver puts its device below the vDPA device; one that the virtio_vdpa driver has is a netdev instead. */
function characterDevice(fs: RootFs, path: string): string | null {
  const child = fs.list(path).find((name) => /^vhost-vdpa-\d+$/.test(name));
  return child === undefined ? null : `/dev/${child}`;
}

/**
 * The management device that made the vDPA device, as `vdpa mgmtdev show` calls it. sysfs does not say; but each kernel
 * driver either registers the PCI function as one or makes its vDPA device by itself, and then there is none.
 */
function managementDevice(fs: RootFs, pciAddress: string, kernel: string | null): string | null {
  const driver = fs.linkName(`sys/bus/pci/devices/${pciAddress}/driver`);
  if (driver === null) return null;
  // A scalable function has its management device on the auxiliary bus; its name is not that of the PCI function.
  const withManagement = ['mlx5_core', 'ifcvf', 'pds_core', 'octep_vdpa'].includes(driver);
  const virtio = driver === 'vp-vdpa' && isAtLeast(kernel, 5, 19);
  return withManagement || virtio ? `pci/${pciAddress}` : null;
}

/** vp_vdpa has been managed since Linux 5.19; before, its device was there as soon as the driver was bound. */
function isAtLeast(kernel: string | null, major: number, minor: number): boolean {
  const match = /^(\d{1,4})\.(\d{1,4})/.exec(kernel ?? '');
  if (match === null) return false;
  const [have, part] = [Number(match[1]), Number(match[2])];
  return have > major || (have === major && part >= minor);
}
