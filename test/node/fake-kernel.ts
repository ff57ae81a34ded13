// SPDX-License-Identifier: Apache-2.0
import type { NodeSystem, Opener, ProgramResult } from '../../src/node/node-system.ts';
import type { NodeReport } from '../../src/platform/node-report.ts';
import { FakeMachine } from './fake-machine.ts';
import { reportOf } from './fake-report.ts';
import { type FakeState, Refusal } from './fake-state.ts';
import * as sysfs from './fake-sysfs.ts';

export { type FakeState, Refusal } from './fake-state.ts';

/** What a test does before each change that is asked of the kernel. Whatever it throws is what the caller gets. */
export interface Hooks {
  beforeChange?(what: string, kernel: FakeKernel): void;
  afterChange?(what: string, kernel: FakeKernel): void;
}

/** A stand-in for the machine that is prepared: a fake kernel behind its files and the programs of the system. */
export class FakeKernel implements NodeSystem {
  readonly state: FakeState;
  readonly machine: FakeMachine;
  readonly hooks: Hooks;
  /** Changes that were asked of a device while it was an uplink: there must never be one. */
  readonly uplinkTouched: string[] = [];
  constructor(state: FakeState, hooks: Hooks = {}) {
    this.state = state;
    this.hooks = hooks;
    this.machine = new FakeMachine(state, (module) => hooks.afterChange?.(`insmod ${module}`, this));
  }

  readText(path: string): string | null {
    return sysfs.readText(this.machine, path);
  }

  list(path: string): string[] {
    return sysfs.list(this.machine, path);
  }

  linkName(path: string): string | null {
    return sysfs.linkName(this.machine, path);
  }

  exists(path: string): boolean {
    return sysfs.exists(this.machine, path);
  }

  openers(paths: readonly string[]): readonly Opener[] {
    return this.machine.isOpen(paths) ? [{ pid: 4711, name: 'dpdk-testpmd' }] : [];
  }

  report(): NodeReport {
    return reportOf(this.machine);
  }

  uplinkReasons(): readonly string[] {
    return [];
  }

  async sleep(): Promise<void> {}

  async write(path: string, text: string): Promise<void> {
    const value = text.replace(/\n$/, '');
    this.#watch(`write ${path} ${value}`, [path, value], () => this.#write(path, value));
  }

  async run(file: string, args: readonly string[]): Promise<ProgramResult> {
    if (file === 'modprobe' && args[0] === '--show-depends') return this.#showDepends(args[1] ?? '');
    if (file === 'modinfo') return this.#aliases(args[2] ?? '');
    const what = [file, ...args].join(' ');
    try {
      this.#watch(what, args, () => this.#run(file, args));
      return { exitCode: 0, all: '', failure: null };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { exitCode: 1, all: `${file}: ERROR: ${error.code}`, failure: null };
    }
  }

  #watch(what: string, mentioned: readonly string[], change: () => void): void {
    this.hooks.beforeChange?.(what, this);
    const names = mentioned.flatMap((text) => text.split('/'));
    for (const [address, { interface: netdev }] of Object.entries(this.state.devices)) {
      const isMeant = names.includes(address) || (netdev !== null && names.includes(netdev.name));
      if (isMeant && this.machine.isUplink(address)) this.uplinkTouched.push(what);
    }
    change();
    this.hooks.afterChange?.(what, this);
  }

  #write(path: string, value: string): void {
    const { machine, state } = this;
    if (path === 'sys/bus/pci/drivers_probe') {
      const device = machine.device(value);
      if (device.driver === null) machine.probe(device);
      return;
    }
    const bind = /^sys\/bus\/pci\/drivers\/([^/]+)\/(bind|unbind)$/.exec(path);
    if (bind !== null) {
      const [, driver = '', verb] = bind;
      if (!machine.hasDriver(driver)) throw new Refusal('ENOENT');
      if (verb === 'bind') machine.bind(machine.device(value), driver);
      else machine.unbind(value, driver);
      return;
    }
    const node = /^sys\/devices\/system\/node\/node(\d)\/hugepages\/hugepages-2048kB\/nr_hugepages$/.exec(path)?.[1];
    if (node !== undefined) {
      machine.resize(Number(node), Number(value));
      return;
    }
    if (path === 'sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages') {
      machine.resizeAll(Number(value));
      return;
    }
    if (path === sysfs.noIommuPath && state.loaded.includes('vfio')) {
      state.noIommu = value === 'Y' ? 'Y' : 'N';
      return;
    }
    const vdpa = /^sys\/bus\/vdpa\/(?:devices\/([^/]+)\/driver_override|drivers\/(\w+)\/(bind|unbind))$/.exec(path);
    if (vdpa !== null) {
      machine.bindVdpa(vdpa[1] ?? value, vdpa[2] ?? value, vdpa[3] ?? 'override');
      return;
    }
    const [, address = '', file = ''] = /^sys\/bus\/pci\/devices\/([^/]+)\/(\w+)$/.exec(path) ?? [];
    const device = machine.device(address, 'ENOENT');
    if (file === 'driver_override') device.override = value === '' ? null : value;
    else if (file === 'sriov_drivers_autoprobe' && device.sriov !== null)
      device.sriov.autoprobe = value === '0' ? '0' : '1';
    else if (file === 'sriov_numvfs') machine.setVfs(address, device, Number(value));
    else throw new Refusal('ENOENT');
  }

  #run(file: string, args: readonly string[]): void {
    const { machine } = this;
    if (file === 'modprobe') machine.load(args[0] ?? '');
    else if (file === 'rmmod') machine.unload(args[0] ?? '');
    else if (file === 'vdpa' && args[1] === 'add') machine.addVdpa(args[3] ?? '', args[5] ?? '');
    else if (file === 'vdpa') machine.deleteVdpa(args[2] ?? '');
    else if (file === 'ip') machine.setLink(args[3] ?? '', args[4] ?? '', args[5] ?? '');
    else throw new Refusal('no such program');
  }

  #showDepends(module: string): ProgramResult {
    try {
      const lines = this.machine
        .order(module)
        .map((name) => `insmod /lib/modules/6.1.0/kernel/${name.replaceAll('_', '-')}.ko.xz `);
      return { exitCode: 0, all: lines.join('\n'), failure: null };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { exitCode: 1, all: `modprobe: ${error.code}`, failure: null };
    }
  }

  #aliases(module: string): ProgramResult {
    const ids = Object.values(this.state.drivers).flatMap((driver) => (driver.module === module ? driver.takes : []));
    const aliases = ids.map((text) => {
      const [vendor = '', device = ''] = text.toUpperCase().split(':');
      return `pci:v0000${vendor}d0000${device}sv*sd*bc*sc*i*`;
    });
    return { exitCode: 0, all: aliases.join('\n'), failure: null };
  }
}
