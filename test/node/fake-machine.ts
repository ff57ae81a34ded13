// SPDX-License-Identifier: Apache-2.0
// What the kernel does when devices change hands: PCI binding with driver_override, SR-IOV, huge pages, modules, vDPA.
// Written after the kernel's documentation and sources, as no machine of the unit tests has a NIC to spare; the hardware
// lab runs the same code on real kernels.
import { addressAfter } from '../../src/providers/virtual-functions.ts';
import { blocked, type FakeDevice, type FakeState, Refusal } from './fake-state.ts';

export class FakeMachine {
  readonly state: FakeState;
  /** Called as each module of several is loaded: one can be cut off between them. */
  readonly onLoad: (module: string) => void;
  constructor(state: FakeState, onLoad: (module: string) => void = () => {}) {
    this.state = state;
    this.onLoad = onLoad;
  }

  device(address: string, missing = 'ENODEV'): FakeDevice {
    const device = this.state.devices[address];
    if (device === undefined) throw new Refusal(missing);
    return device;
  }

  isUplink(address: string): boolean {
    return this.state.devices[address]?.uplink === true || this.vfsOf(address).some((vf) => this.isUplink(vf));
  }

  vfsOf(address: string): string[] {
    return Object.entries(this.state.devices).flatMap(([vf, { pf }]) => (pf === address ? [vf] : []));
  }

  hasDriver(name: string): boolean {
    const driver = this.state.drivers[name];
    return driver !== undefined && this.state.loaded.includes(driver.module);
  }

  matches(device: FakeDevice, driver: string): boolean {
    const pf = device.pf === null ? null : this.state.devices[device.pf];
    if (device.override !== null) return device.override === driver;
    if (pf?.sriov?.autoprobe === '0') return false;
    return this.state.drivers[driver]?.takes.includes(device.ids) ?? false;
  }

  probe(device: FakeDevice): void {
    const driver = Object.keys(this.state.drivers).find((name) => this.hasDriver(name) && this.matches(device, name));
    if (driver !== undefined) this.take(device, driver);
  }

  bind(device: FakeDevice, driver: string): void {
    if (device.driver !== null) throw new Refusal('EBUSY');
    if (!this.matches(device, driver)) throw new Refusal('ENODEV');
    this.take(device, driver);
  }

  take(device: FakeDevice, driver: string): void {
    device.driver = driver;
    const makes = this.state.drivers[driver]?.makesInterface === true;
    device.interface = makes ? { name: device.interfaceName, up: false, mtu: 1500 } : null;
  }

  unbind(address: string, driver: string): void {
    const device = this.device(address);
    if (device.driver !== driver) throw new Refusal('ENODEV');
    if (this.isOpen([`dev/vfio/${device.group}`])) throw blocked(address);
    this.release(device);
    for (const [name, { mgmtdev }] of Object.entries(this.state.vdpa)) {
      if (mgmtdev === `pci/${address}`) delete this.state.vdpa[name];
    }
  }

  release(device: FakeDevice): void {
    device.driver = null;
    device.interface = null;
  }

  setVfs(address: string, device: FakeDevice, count: number): void {
    const { sriov } = device;
    if (sriov === null || device.driver === null) throw new Refusal('ENOENT');
    if (count === sriov.num) return;
    if (count > sriov.total) throw new Refusal('ERANGE');
    if (count > 0 && sriov.num > 0) throw new Refusal('EBUSY');
    for (const vf of this.vfsOf(address)) {
      if (this.isOpen([`dev/vfio/${this.state.devices[vf]?.group}`])) throw blocked(vf);
      delete this.state.devices[vf];
    }
    sriov.num = count;
    for (let index = 0; index < count; index += 1) {
      const vf: FakeDevice = {
        ids: sriov.vfIds,
        driver: null,
        override: null,
        interface: null,
        interfaceName: `${device.interfaceName}v${index}`,
        uplink: false,
        group: device.group === null ? null : device.group + 100 + index,
        numaNode: device.numaNode,
        sriov: null,
        pf: address,
      };
      this.state.devices[addressAfter(address, sriov.offset + index * sriov.stride)] = vf;
      this.probe(vf);
    }
    if (count > 0) this.udev(sriov.vfIds);
  }

  /** udev loads the modules whose drivers take a new device. */
  udev(ids: string): void {
    for (const { module, takes } of Object.values(this.state.drivers)) {
      if (takes.includes(ids) && !this.state.loaded.includes(module)) this.state.loaded.push(module);
    }
  }

  resize(node: number, wanted: number): void {
    const pool = this.state.pools[node];
    if (pool === undefined) throw new Refusal('ENOENT');
    pool.total = Math.max(pool.used, Math.min(pool.most, wanted));
  }

  /** Spread over the nodes, one page at a time and round and round, as the kernel does. */
  resizeAll(wanted: number): void {
    const { pools } = this.state;
    const total = () => pools.reduce((sum, pool) => sum + pool.total, 0);
    for (let idle = 0, at = 0; total() !== wanted && idle < pools.length; at += 1) {
      const pool = pools[at % pools.length];
      if (pool === undefined) return;
      const change = total() < wanted ? (pool.total < pool.most ? 1 : 0) : pool.total > pool.used ? -1 : 0;
      pool.total += change;
      idle = change === 0 ? idle + 1 : 0;
    }
  }

  holders(module: string): string[] {
    return this.state.loaded.filter((name) => this.state.modules[name]?.includes(module) === true);
  }

  order(module: string): string[] {
    const needs = this.state.modules[module];
    if (needs === undefined) throw new Refusal(`FATAL: Module ${module} not found`);
    return [...new Set([...needs.flatMap((name) => this.order(name)), module])];
  }

  load(module: string): void {
    for (const name of this.order(module)) {
      if (this.state.loaded.includes(name)) continue;
      this.state.loaded.push(name);
      this.onLoad(name);
    }
  }

  bindVdpa(name: string, driver: string, verb: string): void {
    const device = this.state.vdpa[name];
    if (device === undefined) throw new Refusal('ENODEV');
    if (verb === 'override') device.override = driver;
    else if (verb === 'unbind') {
      if (device.driver !== driver) throw new Refusal('ENODEV');
      device.driver = null;
    } else if (device.driver !== null) throw new Refusal('EBUSY');
    else device.driver = driver;
  }

  isOpen(files: readonly string[]): boolean {
    return files.some((file) => this.state.open.includes(file));
  }

  unload(module: string): void {
    const { state } = this;
    if (this.holders(module).length > 0) throw new Refusal('Module is in use');
    state.loaded = state.loaded.filter((other) => other !== module);
    if (module === 'vfio') state.noIommu = 'N';
    for (const device of Object.values(state.devices)) {
      if (device.driver !== null && !this.hasDriver(device.driver)) this.release(device);
    }
  }

  addVdpa(name: string, mgmtdev: string): void {
    const { state } = this;
    const parent = /^pci\/(.+)/.exec(mgmtdev)?.[1];
    const isManaged = parent === undefined || state.devices[parent]?.driver === 'vp-vdpa';
    if (!state.mgmtdevs.includes(mgmtdev) || !isManaged) throw new Refusal('No such device');
    if (state.vdpa[name] !== undefined) throw new Refusal('File exists');
    const driver = state.virtioVdpaFirst ? 'virtio_vdpa' : 'vhost_vdpa';
    state.vdpa[name] = { mgmtdev, driver, override: null };
  }

  deleteVdpa(name: string): void {
    if (this.state.vdpa[name] === undefined) throw new Refusal('No such device');
    if (this.isOpen(this.vhostNames(name).map((child) => `dev/${child}`))) throw blocked(name);
    delete this.state.vdpa[name];
  }

  /** The child that vhost_vdpa makes of a vDPA device. */
  vhostNames(name: string): string[] {
    const { vdpa } = this.state;
    return vdpa[name]?.driver === 'vhost_vdpa' ? [`vhost-vdpa-${Object.keys(vdpa).indexOf(name)}`] : [];
  }

  setLink(name: string, setting: string, value: string): void {
    const netdev = Object.values(this.state.devices).find((device) => device.interface?.name === name)?.interface;
    if (netdev === undefined || netdev === null) throw new Refusal('Cannot find device');
    if (setting === 'mtu') netdev.mtu = Number(value);
    else netdev.up = setting === 'up';
  }
}
