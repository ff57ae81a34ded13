// SPDX-License-Identifier: Apache-2.0
import type { Nic, NodeReport } from '../../../platform/node-report.ts';
import type { BackendName, ChosenDevice, Decision } from '../../../providers/decision.ts';
import { virtualFunctions } from '../../../providers/virtual-functions.ts';
import { handsToUserSpace } from './drivers.ts';

/**
 * The NICs of a node as they will be once it has been prepared: what the device plugin finds there, because it starts
 * after that. Devices that are not on PCI are not among them.
 */
export function preparedNics(report: NodeReport, decision: Pick<Decision, 'backend' | 'devices'>): Nic[] {
  const chosen = new Map(decision.devices.map((device) => [device.pciAddress, device]));
  const counts = new Map<string, number>();
  for (const { create } of decision.devices)
    for (const creation of create) if (creation.kind === 'vf') counts.set(creation.pf, creation.count);
  return report.nics.flatMap((nic) => {
    const count = counts.get(nic.pciAddress) ?? 0;
    const made = count === 0 ? [] : virtualFunctions(nic, count).map((offered) => offered.nic);
    const after =
      made.length === 0 || nic.sriov === null ? nic : { ...nic, sriov: { ...nic.sriov, numVfs: made.length } };
    return [after, ...made].map((candidate) => {
      const device = chosen.get(candidate.pciAddress);
      return device === undefined ? candidate : prepared(candidate, device, decision.backend);
    });
  });
}

function prepared(nic: Nic, { driver, create }: ChosenDevice, backend: BackendName): Nic {
  const made = create.find((creation) => creation.kind === 'vdpa');
  const vdpa = made === undefined ? nic.vdpa : { name: made.name, mgmtdev: made.mgmtdev, path: null };
  return {
    ...nic,
    driver: driver ?? nic.driver,
    netdevs: driver !== null && handsToUserSpace(driver) ? [] : nic.netdevs,
    // The number of the character device is the kernel's to choose.
    vdpa: vdpa === null || backend !== 'vhost-vdpa' ? vdpa : { ...vdpa, path: vdpa.path ?? '/dev/vhost-vdpa-0' },
  };
}
