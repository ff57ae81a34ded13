// SPDX-License-Identifier: Apache-2.0
import { type Check, type Finding, orPass, pass, skip, warn } from '../check.ts';
import { listed, noDevices } from '../node-words.ts';

const switchOn = 'switch it on: intel_iommu=on (Intel) on the kernel command line, and VT-d or AMD-Vi in the firmware';

export const iommuChecks: readonly Check[] = [
  {
    id: 'VDPA-IOMMU-001',
    category: 'iommu',
    title: 'an IOMMU isolates the devices',
    scope: 'node',
    pre: true,
    about: [
      "The IOMMU lets a device reach the memory of its own user and nothing else. Without it VFIO has a no-IOMMU mode (`enable_unsafe_noiommu_mode`), and the uio drivers have never known anything else: a device, and therefore the program that commands it, can then read and write all memory of the node by DMA, the kernel's and other tenants' included. A backend of vdpactl is such a program; the workload is not, it only sees its rings. But a fault in the backend is a fault with all of memory open to it. Most virtual machines in clouds have no IOMMU, so there vdpactl accepts it and this check warns; on bare metal such a device is turned down unless `nics.noIommu` is `allow`.",
      'By hand: switch the IOMMU on in the firmware (VT-d, AMD-Vi) and in the kernel (`intel_iommu=on iommu=pt` on its command line; AMD needs none), then reboot. On a cloud take a bare-metal instance where that matters.',
    ],
    judge(facts) {
      const none = noDevices(facts);
      if (none !== null) return none;
      const { iommu, vfioNoIommu } = facts.report.node;
      const exposed = facts.decision.devices.filter(({ noIommu }) => noIommu);
      const data = { enabled: iommu.enabled, groups: iommu.groups, devicesWithout: exposed.length, vfioNoIommu };
      const mode = vfioNoIommu === true ? ', and VFIO hands out devices without it' : '';
      const state = iommu.enabled ? `on, ${iommu.groups} groups` : `off${mode}`;
      const needed = 'an IOMMU group for each device that a program drives';
      if (exposed.length === 0) {
        return pass(iommu.enabled ? state : 'off; no device is handed to a program without it', needed, data);
      }
      const names = listed(exposed.map(({ pciAddress }) => pciAddress));
      return warn(
        `${state}: whoever has ${names} can read and write all memory of the node`,
        needed,
        `${iommu.enabled ? 'set nics.driver to vfio-pci' : switchOn}; or accept it for trusted workloads only`,
        null,
        data,
      );
    },
  },
  {
    id: 'VDPA-IOMMU-002',
    category: 'iommu',
    title: 'no device shares its IOMMU group',
    scope: 'node',
    pre: true,
    about: [
      'Devices of one group cannot be isolated from each other, so VFIO hands out a group only as a whole: every NIC in it has to be given away, or none. A NIC that shares a group with an uplink is never given away. Groups follow the PCI topology: bridges without access control services (ACS) join what is behind them.',
      'By hand: put the NIC into another slot, or enable ACS in the firmware. `ls /sys/kernel/iommu_groups/*/devices` shows the groups.',
    ],
    judge({ report, decision }) {
      if (decision.provider === 'local') return skip('the provider local gives no NIC away');
      if (!report.node.iommu.enabled) return skip('the IOMMU is off');
      const chosen = new Set(decision.devices.map(({ pciAddress }) => pciAddress));
      const shared = report.nics.flatMap((nic): Finding[] => {
        if (nic.uplink || nic.iommuGroup === null) return [];
        const others = report.nics.filter((other) => other !== nic && other.iommuGroup === nic.iommuGroup);
        const uplink = others.find((other) => other.uplink);
        if (
          uplink === undefined &&
          !(chosen.has(nic.pciAddress) && others.some((other) => !chosen.has(other.pciAddress)))
        )
          return [];
        const found = `${nic.pciAddress} is in group ${nic.iommuGroup} with ${listed(others.map(({ pciAddress }) => pciAddress))}`;
        const never = uplink === undefined ? '' : `; as ${uplink.pciAddress} is an uplink, it is not given away`;
        const hint = 'put one of them into another slot, or enable ACS in the firmware';
        return [warn(`${found}${never}`, 'a group of its own', hint, nic.pciAddress, { group: nic.iommuGroup })];
      });
      return orPass(shared, 'each device has its own', 'a group of its own');
    },
  },
];
