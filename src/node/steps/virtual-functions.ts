// SPDX-License-Identifier: Apache-2.0
import { parseCount } from '../../platform/fields.ts';
import { changedMeanwhile } from '../node-errors.ts';
import type { NodeSystem } from '../node-system.ts';
import { pciDir, readIds, requireNic, usersOf, userWords, whyUplink } from './device.ts';
import { writeOr } from './kernel-says.ts';
import { loadedModules, unloadDriversOf } from './modules.ts';
import { already, left, type StepWork, undone } from './step-work.ts';

export const createVirtualFunctions: StepWork<'create-vfs'> = {
  async look({ pf, count }, system) {
    const nic = requireNic(system, pf);
    const before = readCount(system, pf);
    const ids = readIds(system, pf);
    if (before === null || ids === null) throw changedMeanwhile(pf, 'it has no SR-IOV capability any more');
    if (before === count) return null;
    if (before !== 0) {
      throw changedMeanwhile(pf, `it has ${before} virtual functions by now, and others may use them`);
    }
    const vfDevice = nic.sriov?.vfDevice ?? null;
    return {
      kind: 'create-vfs',
      pf,
      ids,
      vfIds: vfDevice === null ? null : `${ids.split(':')[0]}:${vfDevice}`,
      loaded: [...loadedModules(system)],
      count,
      before,
      autoprobe: readAutoprobe(system, pf),
    };
  },

  async carryOut({ pf, count }, system) {
    const write = async (path: string, value: string) => {
      requireNic(system, pf); // its interface stays, and somebody may configure it at any moment
      await writeOr(system, path, value, failure(pf));
    };
    const autoprobe = readAutoprobe(system, pf);
    // Born without a driver: with one each would be a new interface, and whoever configures those might take it.
    if (autoprobe === '1') await write(autoprobePath(pf), '0');
    await write(countPath(pf), String(count));
    if (autoprobe === '1') await write(autoprobePath(pf), '1');
    const made = readCount(system, pf) ?? 0;
    if (made !== count) throw changedMeanwhile(pf, `of ${count} virtual functions its driver made ${made}`);
  },

  async undo({ pf, ids, vfIds, loaded, count, before, autoprobe }, system) {
    const now = readCount(system, pf);
    if (now === null || readIds(system, pf) !== ids) return already(`${pf} is not there any more`);
    const autoprobeNow = readAutoprobe(system, pf);
    const probes = autoprobe !== null && autoprobeNow !== autoprobe;
    const unloadDrivers = async () => {
      // A physical function that had virtual ones before has their driver in use.
      if (vfIds !== null && before === 0) await unloadDriversOf(vfIds, loaded, system);
    };
    if (now === before && !probes) {
      await unloadDrivers();
      return already();
    }
    const why = whyUplink(system, pf);
    if (why !== null) return left(why);
    if (now !== before) {
      if (now !== count) {
        return already(`somebody else gave ${pf} ${now} virtual functions since: they stay`);
      }
      const users = virtualFunctionsOf(system, pf).flatMap((vf) => usersOf(system, vf));
      if (users.length > 0) return left(`its virtual functions are in use by ${userWords(users)}: end that first`);
      await writeOr(system, countPath(pf), String(before), failure(pf, 'its virtual functions cannot be removed'));
    }
    if (probes) await writeOr(system, autoprobePath(pf), autoprobe, failure(pf));
    await unloadDrivers();
    return undone;
  },
};

const countPath = (pf: string): string => `${pciDir(pf)}/sriov_numvfs`;
const autoprobePath = (pf: string): string => `${pciDir(pf)}/sriov_drivers_autoprobe`;

function readCount(system: NodeSystem, pf: string): number | null {
  return parseCount(system.readText(countPath(pf)));
}

function readAutoprobe(system: NodeSystem, pf: string): string | null {
  return system.readText(autoprobePath(pf));
}

function virtualFunctionsOf(system: NodeSystem, pf: string): string[] {
  const dir = pciDir(pf);
  const links = system.list(dir).filter((name) => /^virtfn\d+$/.test(name));
  return links.flatMap((name) => system.linkName(`${dir}/${name}`) ?? []);
}

function failure(pf: string, what = 'its virtual functions cannot be made') {
  return {
    code: 'VDPA-NODE-004',
    where: pf,
    what,
    next: 'see what its driver says: dmesg | tail; SR-IOV may have to be switched on in the firmware, or nics.virtualFunctions be lower',
  } as const;
}
