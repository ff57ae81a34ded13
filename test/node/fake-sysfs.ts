// SPDX-License-Identifier: Apache-2.0
// The files and links of sysfs and procfs that show the state of a fake machine.
import type { FakeMachine } from './fake-machine.ts';

export const noIommuPath = 'sys/module/vfio/parameters/enable_unsafe_noiommu_mode';

export function readText(machine: FakeMachine, path: string): string | null {
  const { state } = machine;
  if (path === 'proc/sys/kernel/random/boot_id') return state.bootId;
  if (path === 'proc/modules')
    return state.loaded.map((name) => `${name} 16384 0 ${machine.holders(name).join(',') || '-'} Live 0x0`).join('\n');
  if (path === noIommuPath) return state.loaded.includes('vfio') ? state.noIommu : null;
  const pool = /^sys\/devices\/system\/node\/node(\d)\/hugepages\/hugepages-2048kB\/(\w+)$/.exec(path);
  if (pool !== null) {
    const { total, used } = state.pools[Number(pool[1])] ?? { total: 0, used: 0 };
    return String(pool[2] === 'nr_hugepages' ? total : total - used);
  }
  const module = /^sys\/module\/(\w+)\/refcnt$/.exec(path);
  if (module !== null) return String(machine.holders(module[1] ?? '').length);
  const file = /^sys\/bus\/pci\/devices\/([^/]+)\/(\w+)$/.exec(path);
  if (file !== null) return deviceFile(machine, file[1] ?? '', file[2] ?? '');
  const netdev = /^sys\/class\/net\/(\w+)\/(\w+)$/.exec(path);
  const found = Object.values(state.devices).find((device) => device.interface?.name === netdev?.[1])?.interface;
  if (found === null || found === undefined) return null;
  return { mtu: String(found.mtu), flags: found.up ? '0x1003' : '0x1002' }[netdev?.[2] ?? ''] ?? null;
}

export function list(machine: FakeMachine, path: string): string[] {
  const { state } = machine;
  if (path === 'sys/devices/system/node') return state.pools.map((_, index) => `node${index}`);
  const group = /^sys\/kernel\/iommu_groups\/(\d+)\/devices$/.exec(path)?.[1];
  if (group !== undefined) {
    return Object.keys(state.devices).filter((address) => state.devices[address]?.group === Number(group));
  }
  const holders = /^sys\/module\/(\w+)\/holders$/.exec(path);
  if (holders !== null) return machine.holders(holders[1] ?? '');
  const drivers = /^sys\/module\/(\w+)\/drivers$/.exec(path)?.[1];
  if (drivers !== undefined) {
    return Object.keys(state.drivers).flatMap((name) =>
      state.drivers[name]?.module === drivers ? [`pci:${name}`] : [],
    );
  }
  const driver = /^sys\/bus\/pci\/drivers\/([^/]+)$/.exec(path)?.[1];
  if (driver !== undefined) {
    return Object.keys(state.devices).filter((address) => state.devices[address]?.driver === driver);
  }
  const device = /^sys\/bus\/pci\/devices\/([^/]+)$/.exec(path);
  if (device !== null) return machine.vfsOf(device[1] ?? '').map((_, index) => `virtfn${index}`);
  const vdpa = /^sys\/bus\/vdpa\/devices\/([^/]+)$/.exec(path)?.[1] ?? '';
  return machine.vhostNames(vdpa);
}

export function linkName(machine: FakeMachine, path: string): string | null {
  const { state } = machine;
  const vdpa = /^sys\/bus\/vdpa\/devices\/([^/]+)\/driver$/.exec(path);
  if (vdpa !== null) return state.vdpa[vdpa[1] ?? '']?.driver ?? null;
  const driver = /^sys\/bus\/pci\/drivers\/([^/]+)\/module$/.exec(path);
  if (driver !== null) return state.drivers[driver[1] ?? '']?.module ?? null;
  const [, address = '', link = ''] = /^sys\/bus\/pci\/devices\/([^/]+)\/(\w+)$/.exec(path) ?? [];
  const device = state.devices[address];
  if (device === undefined) return null;
  if (link === 'driver') return device.driver;
  if (link === 'physfn') return device.pf;
  if (link === 'iommu_group') return device.group === null ? null : String(device.group);
  const vf = /^virtfn(\d+)$/.exec(link)?.[1];
  return vf === undefined ? null : (machine.vfsOf(address)[Number(vf)] ?? null);
}

export function exists(machine: FakeMachine, path: string): boolean {
  const driver = /^sys\/bus\/pci\/drivers\/([^/]+)$/.exec(path)?.[1];
  if (driver !== undefined) return machine.hasDriver(driver);
  const vdpa = /^sys\/bus\/vdpa\/devices\/([^/]+)(\/driver_override)?$/.exec(path)?.[1];
  if (vdpa !== undefined) return machine.state.vdpa[vdpa] !== undefined;
  return /^sys\/devices\/system\/node\/node\d\/hugepages\/hugepages-2048kB$/.test(path);
}

function deviceFile(machine: FakeMachine, address: string, file: string): string | null {
  const device = machine.state.devices[address];
  if (device === undefined) return null;
  const [vendor, id] = device.ids.split(':');
  const { sriov } = device;
  switch (file) {
    case 'vendor':
      return `0x${vendor}`;
    case 'device':
      return `0x${id}`;
    case 'driver_override':
      return device.override ?? '(null)';
    case 'sriov_numvfs':
      return sriov === null ? null : String(sriov.num);
    case 'sriov_drivers_autoprobe':
      return sriov === null ? null : sriov.autoprobe;
    default:
      return null;
  }
}
