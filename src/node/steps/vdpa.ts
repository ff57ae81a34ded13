// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../../errors/vdpa-error.ts';
import { changedMeanwhile } from '../node-errors.ts';
import type { NodeSystem } from '../node-system.ts';
import { requireNic, userWords, vhostFiles, whyUplink } from './device.ts';
import { lastWords, writeOr } from './kernel-says.ts';
import { already, left, type StepWork, undone } from './step-work.ts';

const bus = 'sys/bus/vdpa';

export const createVdpa: StepWork<'create-vdpa'> = {
  async look({ name, mgmtdev, pciAddress }, system) {
    if (pciAddress !== null) requireNic(system, pciAddress);
    if (system.exists(deviceDir(name))) return null;
    return { kind: 'create-vdpa', name, mgmtdev, pciAddress };
  },

  async carryOut({ name, mgmtdev }, system) {
    const result = await system.run('vdpa', ['dev', 'add', 'name', name, 'mgmtdev', mgmtdev]);
    if (result.exitCode !== 0) {
      const words = lastWords(result, 'vdpa');
      throw new VdpaError('VDPA-NODE-004', `the vDPA device cannot be made of ${mgmtdev}: ${words.at(-1)}`, {
        where: name,
        details: words.slice(0, -1),
        next: 'see which management devices there are: vdpa mgmtdev show (the program vdpa comes with iproute2), and what the driver says: dmesg | tail',
      });
    }
    await handToVhost(system, name);
  },

  async undo({ name, pciAddress }, system) {
    if (!system.exists(deviceDir(name))) return already();
    const why = pciAddress === null ? null : whyUplink(system, pciAddress);
    if (why !== null) return left(why);
    const reasons = netdevsOf(system, name).flatMap((netdev) => system.uplinkReasons(netdev));
    if (reasons.length > 0) return left(`${name} carries an uplink by now (${reasons.join('; ')})`);
    // The kernel would wait for them inside the call, without end.
    const users = system.openers(vhostFiles(system, name));
    if (users.length > 0) return left(`${name} is in use by ${userWords(users)}: end that first`);
    const result = await system.run('vdpa', ['dev', 'del', name]);
    if (result.exitCode === 0) return undone;
    return left(`${name} cannot be removed: ${lastWords(result, 'vdpa').join('; ')}`);
  },
};

const deviceDir = (name: string): string => `${bus}/devices/${name}`;

/** Where both bus drivers are loaded, either may have taken the new device. */
async function handToVhost(system: NodeSystem, name: string): Promise<void> {
  const driver = system.linkName(`${deviceDir(name)}/driver`);
  if (driver === 'vhost_vdpa') return;
  const failure = {
    code: 'VDPA-NODE-004',
    where: name,
    what: 'vhost_vdpa does not take the vDPA device',
    next: 'see what the kernel says: dmesg | tail',
  } as const;
  if (driver !== null) await writeOr(system, `${bus}/drivers/${driver}/unbind`, name, failure);
  // Since Linux 5.17; before, nothing says which driver it is to have.
  const override = `${deviceDir(name)}/driver_override`;
  if (system.exists(override)) await writeOr(system, override, 'vhost_vdpa', failure);
  await writeOr(system, `${bus}/drivers/vhost_vdpa/bind`, name, failure);
  if (system.linkName(`${deviceDir(name)}/driver`) !== 'vhost_vdpa') throw changedMeanwhile(name, failure.what);
}

/** The interfaces of a vDPA device that virtio_vdpa has. */
function netdevsOf(system: NodeSystem, name: string): string[] {
  const dir = deviceDir(name);
  const virtio = system.list(dir).filter((child) => /^virtio\d+$/.test(child));
  return virtio.flatMap((child) => system.list(`${dir}/${child}/net`));
}
