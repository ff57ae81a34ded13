// SPDX-License-Identifier: Apache-2.0
import type { NodeFacts } from './node-report.ts';
import type { Note } from './note.ts';
import type { RootFs } from './root-fs.ts';

export type ModuleState = NodeFacts['modules'][string];

/**
 * The modules whose presence decides what a node can do. Where a module that is built into the kernel leaves something
 * in sysfs, that is named too: many have no parameters, and then no entry under sys/module.
 */
const modulesThatMatter: readonly (readonly [name: string, trace: string | null])[] = [
  // Hand a device to a user-space driver.
  ['vfio', 'sys/class/vfio'],
  ['vfio_pci', 'sys/bus/pci/drivers/vfio-pci'],
  ['vfio_iommu_type1', null],
  ['uio', 'sys/class/uio'],
  ['uio_pci_generic', 'sys/bus/pci/drivers/uio_pci_generic'],
  ['igb_uio', 'sys/bus/pci/drivers/igb_uio'],
  // Kernel vDPA: the bus, what it offers upwards, and software devices.
  ['vdpa', 'sys/bus/vdpa'],
  ['vhost', null],
  ['vhost_vdpa', 'sys/bus/vdpa/drivers/vhost_vdpa'],
  ['virtio_vdpa', 'sys/bus/vdpa/drivers/virtio_vdpa'],
  ['vduse', 'sys/class/vduse'],
  ['vdpa_sim_net', null],
  // Kernel vDPA parents: drivers that turn a NIC into a vDPA device.
  ['vp_vdpa', 'sys/bus/pci/drivers/vp-vdpa'],
  ['mlx5_vdpa', null],
  ['ifcvf', 'sys/bus/pci/drivers/ifcvf'],
  ['eni_vdpa', 'sys/bus/pci/drivers/alibaba-eni-vdpa'],
  ['pds_vdpa', null],
  ['octep_vdpa', 'sys/bus/pci/drivers/octep_vdpa'],
  // virtio-user's way into the kernel.
  ['tun', 'sys/class/misc/tun'],
  ['vhost_net', 'sys/class/misc/vhost-net'],
  // The kernel's own drivers of the NICs at hand: what a device is bound back to.
  ['virtio_pci', 'sys/bus/pci/drivers/virtio-pci'],
  ['virtio_net', 'sys/bus/virtio/drivers/virtio_net'],
  ['ena', 'sys/bus/pci/drivers/ena'],
  ['mlx4_core', 'sys/bus/pci/drivers/mlx4_core'],
  ['mlx5_core', 'sys/bus/pci/drivers/mlx5_core'],
  ['mana', 'sys/bus/pci/drivers/mana'],
  ['sfc', 'sys/bus/pci/drivers/sfc'],
  ['nfp', 'sys/bus/pci/drivers/nfp'],
  ['e1000e', 'sys/bus/pci/drivers/e1000e'],
  ['igb', 'sys/bus/pci/drivers/igb'],
  ['ixgbe', 'sys/bus/pci/drivers/ixgbe'],
  ['ixgbevf', 'sys/bus/pci/drivers/ixgbevf'],
  ['i40e', 'sys/bus/pci/drivers/i40e'],
  ['iavf', 'sys/bus/pci/drivers/iavf'],
  ['ice', 'sys/bus/pci/drivers/ice'],
  ['bnxt_en', 'sys/bus/pci/drivers/bnxt_en'],
  ['vmxnet3', 'sys/bus/pci/drivers/vmxnet3'],
];

/** State of every module that matters: in use, ready to be loaded, part of the kernel, or not there. */
export function readModules(fs: RootFs, kernel: string | null, note: Note): Record<string, ModuleState> {
  const loaded = parseProcModules(fs.readText('proc/modules', 1024 * 1024) ?? '');
  const dir = moduleDir(fs, kernel);
  const builtin = dir === null ? null : parseModuleNames(fs.readText(`${dir}/modules.builtin`, 4 * 1024 * 1024) ?? '');
  const available = dir === null ? null : parseModuleNames(fs.readText(`${dir}/modules.dep`, 16 * 1024 * 1024) ?? '');
  const modules: Record<string, ModuleState> = {};
  for (const [name, trace] of modulesThatMatter) {
    const [state, source] = stateOf(name, trace);
    modules[name] = state;
    note(`module ${name}`, source, state);
  }
  return modules;

  function stateOf(name: string, trace: string | null): readonly [ModuleState, string] {
    if (loaded.has(name)) return ['loaded', 'proc/modules'];
    // Only a module that was loaded has this file; a built-in one has at most its parameters here.
    if (fs.exists(`sys/module/${name}/initstate`)) return ['loaded', `sys/module/${name}`];
    if (builtin?.has(name) === true) return ['builtin', `${dir}/modules.builtin`];
    if (fs.exists(`sys/module/${name}`)) return ['builtin', `sys/module/${name}`];
    if (trace !== null && fs.exists(trace)) return ['builtin', trace];
    if (available?.has(name) === true) return ['available', `${dir}/modules.dep`];
    return ['missing', dir === null ? `sys/module/${name}` : `${dir}/modules.dep`];
  }
}

function moduleDir(fs: RootFs, kernel: string | null): string | null {
  if (kernel === null || !/^[\w.+~-]+$/.test(kernel) || /^\.+$/.test(kernel)) return null;
  const dirs = [`lib/modules/${kernel}`, `usr/lib/modules/${kernel}`];
  return dirs.find((dir) => fs.exists(`${dir}/modules.dep`) || fs.exists(`${dir}/modules.builtin`)) ?? null;
}

/** The names in `/proc/modules`, one a line; modules on their way out are left out. */
export function parseProcModules(text: string): Set<string> {
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    const [name, , , , state] = line.split(' ', 6);
    if (name !== undefined && /^\w+$/.test(name) && state !== 'Unloading') names.add(name);
  }
  return names;
}

/**
 * The names of the modules in `modules.dep` (`path/name.ko.xz: dependencies`) or `modules.builtin` (`path/name.ko`),
 * with the underscores that the kernel uses whatever the file is called.
 */
export function parseModuleNames(text: string): Set<string> {
  const names = new Set<string>();
  // One expression for the whole of it: there are thousands of lines, of which a loop would be compiled for longer than
  // it runs.
  for (const [, name = ''] of text.matchAll(/^[ \t]*(?:[^\n:]*\/)?([\w-]+)\.ko(?:\.\w+)?[ \t]*\r?(?::|$)/gm)) {
    names.add(name.replaceAll('-', '_'));
  }
  return names;
}
