// SPDX-License-Identifier: Apache-2.0
import { lastPciAddress } from '../fields.ts';
import type { NodeFacts } from '../node-report.ts';
import type { Note } from '../note.ts';
import type { RootFs } from '../root-fs.ts';
import { inferManagementDevice, type ManagementDevices, readManagementDevices } from './management-devices.ts';

export type VdpaDevice = NodeFacts['vdpa']['devices'][number];

const busDir = 'sys/bus/vdpa/devices';
const vduseDir = 'sys/class/vduse';

/** What kernel vDPA has on this node: what could make devices, the devices, and what VDUSE programs offer. */
export function readVdpa(fs: RootFs, node: Pick<NodeFacts, 'kernel' | 'modules'>, note: Note): NodeFacts['vdpa'] {
  const management = readManagementDevices(fs, node, note);
  return {
    managementDevices: [...management.devices],
    devices: fs.list(busDir).map((name) => readDevice(fs, name, node, management, note)),
    vduse: readVduse(fs, note),
  };
}

function readDevice(
  fs: RootFs,
  name: string,
  node: Pick<NodeFacts, 'kernel' | 'modules'>,
  management: ManagementDevices,
  note: Note,
): VdpaDevice {
  const path = `${busDir}/${name}`;
  const place = fs.linkTarget(path) ?? '';
  const pciAddress = lastPciAddress(place);
  const device = {
    name,
    driver: fs.linkName(`${path}/driver`),
    path: characterDevice(fs, path),
    pciAddress,
    mgmtdev: management.of(inferManagementDevice(fs, place, node)),
  };
  const belongsTo = pciAddress ?? 'no PCI device';
  note(
    `vdpa ${name}`,
    path,
    `${belongsTo}, driver ${device.driver ?? 'none'}, made by ${device.mgmtdev ?? 'no management device'}`,
  );
  return device;
}

/** The vhost-vdpa driver puts its device below the vDPA device; one that the virtio_vdpa driver has is a netdev instead. */
function characterDevice(fs: RootFs, path: string): string | null {
  const child = fs.list(path).find((name) => /^vhost-vdpa-\d+$/.test(name));
  return child === undefined ? null : `/dev/${child}`;
}

/** The names below /dev/vduse; `control` is the way to make more. */
function readVduse(fs: RootFs, note: Note): string[] {
  const names = fs.list(vduseDir).filter((name) => name !== 'control');
  note('vduse devices', vduseDir, fs.exists(vduseDir) ? names.join(' ') || 'none' : null);
  return names;
}
