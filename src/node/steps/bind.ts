// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { EntryOf } from '../journal.ts';
import { changedMeanwhile } from '../node-errors.ts';
import type { NodeSystem } from '../node-system.ts';
import { pciDir, readIds, readOverride, requireNic, usersOf, userWords, whyUplink } from './device.ts';
import { readInterfaces, restoreInterfaces } from './interfaces.ts';
import { writeOr } from './kernel-says.ts';
import { already, left, type StepWork, undone } from './step-work.ts';

type Before = EntryOf<'bind'>['before'];

const driversDir = 'sys/bus/pci/drivers';

export const bindDevice: StepWork<'bind'> = {
  async look({ pciAddress, from, to }, system) {
    const nic = requireNic(system, pciAddress);
    const ids = readIds(system, pciAddress);
    if (ids === null) throw changedMeanwhile(pciAddress, 'the device is gone since the plan was made');
    if (nic.driver === to) return null;
    if (nic.driver !== from) {
      throw changedMeanwhile(
        pciAddress,
        `it is with ${nic.driver ?? 'no driver'} by now; planned was ${from ?? 'none'}`,
      );
    }
    const users = usersOf(system, pciAddress);
    if (users.length > 0) throw cannotBind(pciAddress, to, `it is in use by ${userWords(users)}`, 'end that first');
    if (!system.exists(`${driversDir}/${to}`)) throw cannotBind(pciAddress, to, 'the kernel has no such driver loaded');
    const before = {
      driver: nic.driver,
      module: nic.driver === null ? null : system.linkName(`${driversDir}/${nic.driver}/module`),
      override: readOverride(system, pciAddress),
      interfaces: readInterfaces(system, nic.netdevs),
    };
    return { kind: 'bind', pciAddress, ids, to: [to], before };
  },

  async carryOut({ pciAddress, to }, system) {
    const dir = pciDir(pciAddress);
    const failure = bindFailure(pciAddress, to);
    // Once more, as it took a moment to record it. From here on nobody can configure an interface of it any more: the
    // driver_override, which would outlive a refusal, comes only then.
    requireNic(system, pciAddress);
    await unbind(system, pciAddress, failure);
    await writeOr(system, `${dir}/driver_override`, to, failure);
    await writeOr(system, 'sys/bus/pci/drivers_probe', pciAddress, failure);
    const driver = system.linkName(`${dir}/driver`);
    if (driver === to) return;
    throw cannotBind(pciAddress, to, driver === null ? 'the driver did not take it' : `${driver} took it instead`);
  },

  async undo({ pciAddress, ids, to, before }, system) {
    const dir = pciDir(pciAddress);
    if (readIds(system, pciAddress) !== ids) return already(`${pciAddress} is not there any more`);
    const driver = system.linkName(`${dir}/driver`);
    const override = readOverride(system, pciAddress);
    if (driver === before.driver && override === before.override) {
      // A run that was cut off may not have got to its interfaces.
      return already(...(await restoreInterfaces(system, pciAddress, before.interfaces)));
    }
    const why = whyUplink(system, pciAddress);
    if (why !== null) return left(why);
    if (driver !== null && driver !== before.driver && !to.includes(driver)) {
      if (override !== null && to.includes(override)) await setOverride(system, pciAddress, before.override);
      return already(`somebody else bound ${pciAddress} to ${driver} since: it stays there`);
    }
    if (driver !== before.driver) {
      const users = usersOf(system, pciAddress);
      if (users.length > 0) return left(`${pciAddress} is in use by ${userWords(users)}: end that first`);
      await unbind(system, pciAddress, bindFailure(pciAddress, before.driver ?? 'no driver'));
      if (before.driver !== null) await bindBack(system, pciAddress, before);
    }
    if (readOverride(system, pciAddress) !== before.override) {
      const whyNot = whyUplink(system, pciAddress);
      if (whyNot !== null) return left(`${whyNot}; its driver_override is not what it was`);
      await setOverride(system, pciAddress, before.override);
    }
    return { ...undone, notes: await restoreInterfaces(system, pciAddress, before.interfaces) };
  },
};

async function unbind(system: NodeSystem, pciAddress: string, failure: ReturnType<typeof bindFailure>): Promise<void> {
  const driver = system.linkName(`${pciDir(pciAddress)}/driver`);
  if (driver !== null) await writeOr(system, `${driversDir}/${driver}/unbind`, pciAddress, failure);
}

/**
 * By the driver's own `bind`, so that no other driver comes first. Nothing is written to the device after it: from then on
 * it may be somebody's uplink. Only where the driver does not take it by its ids, driver_override has to name it meanwhile.
 */
async function bindBack(system: NodeSystem, pciAddress: string, before: Before): Promise<void> {
  const { driver, module, override } = before;
  if (driver === null) return;
  const dir = `${driversDir}/${driver}`;
  if (!system.exists(dir) && module !== null) await system.run('modprobe', [module]);
  if (!system.exists(dir)) throw cannotBind(pciAddress, driver, 'the kernel has that driver no more');
  const bind = () => writeOr(system, `${dir}/bind`, pciAddress, bindFailure(pciAddress, driver));
  if (override === null || override === driver) {
    await setOverride(system, pciAddress, override);
    await bind().catch(() => {});
  }
  if (!isWith(system, pciAddress, driver)) {
    await setOverride(system, pciAddress, driver);
    await bind();
  }
  if (!isWith(system, pciAddress, driver)) throw cannotBind(pciAddress, driver, 'the driver did not take it');
}

function isWith(system: NodeSystem, pciAddress: string, driver: string): boolean {
  return system.linkName(`${pciDir(pciAddress)}/driver`) === driver;
}

async function setOverride(system: NodeSystem, pciAddress: string, override: string | null): Promise<void> {
  // The kernel takes an empty line for none.
  const failure = bindFailure(pciAddress, override ?? 'any driver');
  await writeOr(system, `${pciDir(pciAddress)}/driver_override`, override ?? '\n', failure);
}

function bindFailure(pciAddress: string, to: string) {
  return { code: 'VDPA-NODE-002', where: pciAddress, what: `it cannot be bound to ${to}`, next: seeKernel } as const;
}

const seeKernel = 'see what the driver says: dmesg | tail';

function cannotBind(pciAddress: string, to: string, why: string, next = seeKernel): VdpaError {
  return new VdpaError('VDPA-NODE-002', `it cannot be bound to ${to}: ${why}`, { where: pciAddress, next });
}
