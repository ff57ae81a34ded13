// SPDX-License-Identifier: Apache-2.0
import type { NodeReport } from '../../platform/node-report.ts';
import type { Clue, NicProvider } from '../provider.ts';

/** Any machine that has a NIC to give away and is none of the clouds that are known better. */
export const baremetalProvider: NicProvider = {
  name: 'baremetal',
  unless: 'no NIC and no vDPA device is left that a workload could have',
  clues(report) {
    const nics = report.nics.filter(({ kind, uplink }) => kind !== 'other' && !uplink);
    const clues = nics.map(({ kind, pciAddress, vendor, device }) => ({
      weight: kind === 'vdpa' ? 2 : 1,
      claim: kind === 'vdpa' ? 'vDPA NIC' : 'NIC to give away',
      source: `/sys/bus/pci/devices/${pciAddress}`,
      value: `${vendor}:${device}`,
    }));
    return [...clues, ...softwareClues(report)].sort((a, b) => b.weight - a.weight);
  },
  backends: ['dpdk-vdpa', 'vhost-vdpa', 'testpmd'],
  mostlyWithoutIommu: false,
  noDevice: 'add a NIC that has a DPDK or vDPA driver, or unconfigure one that is in use',
};

/** vDPA devices that a program makes (VDUSE). */
function softwareClues(report: NodeReport): Clue[] {
  return report.node.vdpa.vduse.map((name) => ({
    weight: 1,
    claim: 'VDUSE device',
    source: `/sys/class/vduse/${name}`,
    value: name,
  }));
}
