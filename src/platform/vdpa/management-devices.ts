// SPDX-License-Identifier: Apache-2.0
import { lastPciAddress, pciAddressPattern } from '../fields.ts';
import type { NodeFacts } from '../node-report.ts';
import type { Note } from '../note.ts';
import type { RootFs } from '../root-fs.ts';

export type ManagementDevice = NodeFacts['vdpa']['managementDevices'][number];

type Kernel = Pick<NodeFacts, 'kernel' | 'modules'>;

export interface ManagementDevices {
  readonly devices: readonly ManagementDevice[];
  /** The management device that a vDPA device was inferred to have, unless it is known that there is no such one. */
  of(inferred: string | null): string | null;
}

/** Where the answer of `vdpa -jp mgmtdev show` is kept in a captured tree. */
export const capturedAnswer = 'vdpactl/vdpa-mgmtdev.json';

const busDir = 'sys/bus/vdpa';
const pciDrivers = 'sys/bus/pci/drivers';
const auxiliaryDrivers = 'sys/bus/auxiliary/drivers';

/**
 * The management devices of kernel vDPA. They are in no file, only netlink tells them: the vdpa program is asked, below
 * another root its captured answer is read. Where neither is to be had, they are inferred from the drivers, and the
 * evidence says so.
 */
export function readManagementDevices(fs: RootFs, node: Kernel, note: Note): ManagementDevices {
  const [source, answer] = readAnswer(fs);
  const names = answer === null ? null : parseManagementDevices(answer);
  if (names !== null) {
    note('vdpa management devices', source, names.length === 0 ? 'none' : names.join(' '));
    return { devices: names.map(named), of: (name) => (name !== null && names.includes(name) ? name : null) };
  }
  const found = infer(fs, node);
  if (found.size === 0) note('vdpa management devices', busDir, fs.exists(busDir) ? 'none, inferred' : null);
  for (const [name, path] of found) note(`vdpa management device ${name}`, path, 'inferred from the driver');
  return { devices: [...found.keys()].map(named), of: (name) => name };
}

function readAnswer(fs: RootFs): readonly [source: string, answer: string | null] {
  // A capture of vdpactl keeps what the program said; in a tree of somebody's own the file is all that is known of it.
  const source = fs.told === null ? capturedAnswer : 'vdpa mgmtdev show';
  if (!fs.live) return [source, fs.readText(capturedAnswer, 1024 * 1024)];
  // Without the bus no kernel module would answer, and to ask would load one.
  return [source, fs.exists(busDir) ? (fs.told?.vdpaManagementDevices() ?? null) : null];
}

/** The names in the answer of `vdpa -j mgmtdev show`, sorted; null when it is no such answer. */
export function parseManagementDevices(text: string): string[] | null {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(answer) || !isRecord(answer['mgmtdev'])) return null;
  // Some keys of that program end in a space; a name never has one.
  const names = Object.keys(answer['mgmtdev']).map((name) => name.trim());
  return names.filter((name) => /^[\w.:/-]{1,128}$/.test(name)).sort();
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Scalable functions have theirs on the auxiliary bus (`auxiliary/mlx5_core.sf.2`), which are no PCI functions. */
function named(name: string): ManagementDevice {
  const address = name.startsWith('pci/') ? name.slice('pci/'.length) : '';
  return { name, pciAddress: pciAddressPattern.test(address) ? address : null };
}

/** Those that drivers register, with where each was seen. */
function infer(fs: RootFs, node: Kernel): Map<string, string> {
  const found = new Map<string, string>();
  const add = (name: string | null, path: string) => {
    if (name !== null && !found.has(name)) found.set(name, path);
  };
  // Linux drivers/vdpa/{ifcvf/ifcvf_main.c,octeon_ep/octep_vdpa_main.c,virtio_pci/vp_vdpa.c}
  for (const driver of ['ifcvf', 'octep_vdpa', 'vp-vdpa']) {
    if (driver === 'vp-vdpa' && !isManagedVirtio(node.kernel)) continue;
    for (const address of fs.list(`${pciDrivers}/${driver}`).filter((name) => pciAddressPattern.test(name))) {
      const path = `${pciDrivers}/${driver}/${address}`;
      // Of its physical functions octep_vdpa makes virtual ones, and only these are management devices.
      if (driver === 'octep_vdpa' && !fs.exists(`sys/bus/pci/devices/${address}/physfn`)) continue;
      add(`pci/${address}`, path);
    }
  }
  // Linux drivers/vdpa/{mlx5/net/mlx5_vnet.c,pds/aux_drv.c}: drivers of a device that the NIC's own driver makes.
  for (const driver of ['mlx5_vdpa.vnet', 'pds_vdpa.vDPA']) {
    for (const name of fs.list(`${auxiliaryDrivers}/${driver}`)) {
      const path = `${auxiliaryDrivers}/${driver}/${name}`;
      add(parentName(fs.linkTarget(path) ?? ''), path);
    }
  }
  for (const name of fs.list(`${busDir}/devices`)) {
    const path = `${busDir}/devices/${name}`;
    add(inferManagementDevice(fs, fs.linkTarget(path) ?? '', node), path);
  }
  if (fs.exists('sys/class/vduse') || isThere(node, 'vduse')) add('vduse', 'sys/class/vduse');
  if (isThere(node, 'vdpa_sim_net')) add('vdpasim_net', 'sys/module/vdpa_sim_net');
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The management device that made the vDPA device at `place` in sysfs: each kernel driver either registers one or makes
 * its device by itself, and then there is none.
 */
export function inferManagementDevice(fs: RootFs, place: string, node: Kernel): string | null {
  const pciAddress = lastPciAddress(place);
  if (pciAddress === null) {
    if (/\/virtual\/vduse\//.test(place)) return 'vduse';
    // The simulator's devices have no parent at all.
    return isThere(node, 'vdpa_sim_net') ? 'vdpasim_net' : null;
  }
  const driver = fs.linkName(`sys/bus/pci/devices/${pciAddress}/driver`);
  if (driver === null) return null;
  if (driver === 'vp-vdpa') return isManagedVirtio(node.kernel) ? `pci/${pciAddress}` : null;
  return ['mlx5_core', 'ifcvf', 'pds_core', 'octep_vdpa'].includes(driver) ? parentName(place) : null;
}

/** A function's own name, or that of the scalable function within it which the path goes through. */
function parentName(place: string): string | null {
  const pciAddress = lastPciAddress(place);
  const scalable = place.split('/').find((part) => /^mlx5_core\.sf\.\d+$/.test(part));
  if (scalable !== undefined) return `auxiliary/${scalable}`;
  return pciAddress === null ? null : `pci/${pciAddress}`;
}

function isThere({ modules }: Kernel, name: string): boolean {
  return modules[name] === 'loaded' || modules[name] === 'builtin';
}

/** vp_vdpa has been managed since Linux 5.19; before, its device was there as soon as the driver was bound. */
function isManagedVirtio(kernel: string | null): boolean {
  const match = /^(\d{1,4})\.(\d{1,4})/.exec(kernel ?? '');
  if (match === null) return false;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  return major > 5 || (major === 5 && minor >= 19);
}
