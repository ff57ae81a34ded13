// SPDX-License-Identifier: Apache-2.0
import type { NodePlan } from './node-plan.ts';
import type { NodeSystem } from './node-system.ts';

/** Drivers that leave a device to VFIO as far as its group is concerned. */
const harmless = ['vfio-pci', 'pci-stub', 'pcieport'];

/** VFIO hands a group out only as a whole: which devices keep others from being used. */
export function groupNotes({ after }: Pick<NodePlan, 'after'>, system: NodeSystem): string[] {
  return after.devices.flatMap(({ device, driver }) => {
    const group = driver === 'vfio-pci' ? system.linkName(`sys/bus/pci/devices/${device}/iommu_group`) : null;
    if (group === null) return [];
    const others = system.list(`sys/kernel/iommu_groups/${group}/devices`).filter((other) => other !== device);
    const busy = others.filter((other) => isBusy(other, system));
    if (busy.length === 0) return [];
    return [
      `${device} cannot be used yet: it shares IOMMU group ${group} with ${busy.join(', ')}, which the kernel has; leave it out (nics.exclude), or unbind those`,
    ];
  });
}

function isBusy(pciAddress: string, system: NodeSystem): boolean {
  const dir = `sys/bus/pci/devices/${pciAddress}`;
  const driver = system.linkName(`${dir}/driver`);
  const isBridge = system.readText(`${dir}/class`)?.startsWith('0x06') === true;
  return driver !== null && !harmless.includes(driver) && !isBridge;
}
