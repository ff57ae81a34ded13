// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../../errors/vdpa-error.ts';
import { parseProcModules } from '../../platform/kernel-modules.ts';
import type { NodeSystem } from '../node-system.ts';
import { lastWords } from './kernel-says.ts';
import { already, type StepWork, undone } from './step-work.ts';

export const loadModule: StepWork<'load-module'> = {
  async look({ module }, system) {
    const shown = await system.run('modprobe', ['--show-depends', module]);
    if (shown.exitCode !== 0) throw notLoaded(module, lastWords(shown, 'modprobe'));
    const needed = parseDepends(shown.all);
    if (needed.length === 0 && /^builtin /m.test(shown.all)) return null;
    const loaded = loadedModules(system);
    const added = [...new Set([...needed, module])].filter((name) => !loaded.has(name));
    return added.length === 0 ? null : { kind: 'load-module', module, added };
  },

  async carryOut({ module }, system) {
    const result = await system.run('modprobe', [module]);
    if (result.exitCode !== 0) throw notLoaded(module, lastWords(result, 'modprobe'));
    if (loadedModules(system).has(module)) return;
    // As with `install MODULE /bin/true` in the configuration of modprobe.
    throw notLoaded(module, ['modprobe is content, and yet it is not there: see what /etc/modprobe.d says of it']);
  },

  /** Only what was not there before, and only what nothing uses. A module that stays does no harm. */
  async undo({ added }, system) {
    const { removed, stay } = await unload(added, system);
    const notes =
      stay.length === 0 ? [] : [`loaded by vdpactl and still there, which does no harm: ${stay.join(', ')}`];
    return removed.length > 0 ? { ...undone, notes } : already(...notes);
  },
};

/** Unloads modules that nothing uses, the last first. Answers those that are gone, and those that stay with the reason. */
async function unload(names: readonly string[], system: NodeSystem): Promise<{ removed: string[]; stay: string[] }> {
  const stay: string[] = [];
  const removed: string[] = [];
  for (const name of [...names].reverse()) {
    if (!loadedModules(system).has(name)) continue;
    const users = system.list(`sys/module/${name}/holders`);
    const references = system.readText(`sys/module/${name}/refcnt`) ?? '0';
    const result = users.length > 0 || references !== '0' ? null : await system.run('rmmod', [name]);
    if (result?.exitCode === 0) removed.push(name);
    else stay.push(users.length > 0 ? `${name} (used by ${users.join(', ')})` : `${name} (in use)`);
  }
  return { removed, stay };
}

/**
 * Unloads the drivers that udev loaded for PCI functions that are gone again: those that take their ids, were not loaded
 * before, and drive nothing.
 */
export async function unloadDriversOf(ids: string, before: readonly string[], system: NodeSystem): Promise<string[]> {
  const [vendor = '', device = ''] = ids.split(':');
  const alias = `pci:v0000${vendor.toUpperCase()}d0000${device.toUpperCase()}`;
  const removed: string[] = [];
  for (const name of [...loadedModules(system)].filter((loaded) => !before.includes(loaded))) {
    if (!isIdlePciDriver(name, system)) continue;
    const { all } = await system.run('modinfo', ['-F', 'alias', name]);
    if (all.split('\n').some((line) => line.startsWith(alias))) removed.push(...(await unload([name], system)).removed);
  }
  return removed;
}

function isIdlePciDriver(module: string, system: NodeSystem): boolean {
  const drivers = system.list(`sys/module/${module}/drivers`).filter((name) => name.startsWith('pci:'));
  const pciAddress = /^[0-9a-f]{4,8}:/;
  const devices = drivers.flatMap((name) => system.list(`sys/bus/pci/drivers/${name.slice('pci:'.length)}`));
  return drivers.length > 0 && !devices.some((name) => pciAddress.test(name));
}

export function loadedModules(system: NodeSystem): Set<string> {
  return parseProcModules(system.readText('proc/modules', 1024 * 1024) ?? '');
}

/** The modules that `modprobe --show-depends` would insert, in their order, in the kernel's spelling. */
export function parseDepends(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const name = /^insmod \S*?([\w-]+)\.ko(?:\.\w+)?(?:\s|$)/.exec(line)?.[1];
    return name === undefined ? [] : [name.replaceAll('-', '_')];
  });
}

function notLoaded(module: string, details: readonly string[]): VdpaError {
  return new VdpaError('VDPA-NODE-003', `the kernel module ${module} cannot be loaded`, {
    where: module,
    details,
    next: 'install the modules of the running kernel (on Debian: linux-image or linux-modules-extra), or choose another --backend or nics.driver',
  });
}
