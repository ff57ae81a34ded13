// SPDX-License-Identifier: Apache-2.0
import { selects } from '../../providers/why-not-offered.ts';
import { type Check, fail, orPass, pass, skip, warn } from '../check.ts';
import { counted, listed, noDevices, noneNamed } from '../node-words.ts';

export const deviceChecks: readonly Check[] = [
  {
    id: 'VDPA-DEVICE-001',
    category: 'devices',
    title: 'there is a device to give away',
    scope: 'node',
    pre: true,
    about: [
      'A device is given away when a backend fits it and nothing speaks against it: it is no uplink, it is not excluded, the kernel has the drivers, and an IOMMU isolates it or may be done without. `vdpactl detect` prints the reason for each one that was turned down.',
      'By hand: follow the reasons. Mostly it is one of these: attach a second NIC, switch the IOMMU on, install the kernel modules, or widen `nics.include`.',
    ],
    judge({ decision }) {
      const needed = 'at least one device that a backend fits';
      if (decision.provider === 'local') return skip('the provider local gives no NIC away');
      const { devices } = decision;
      if (devices.length > 0) {
        const names = listed(devices.map(({ pciAddress }) => pciAddress));
        return pass(`${counted(devices.length, 'device')} for ${decision.backend}: ${names}`, needed, {
          devices: devices.length,
        });
      }
      const about = (kind: string) => decision.rejected.filter(({ what }) => what.startsWith(kind));
      const rejected = about('device:').length > 0 ? about('device:') : about('backend:');
      const reasons = rejected.map(({ what, why }) => `${what.slice(what.indexOf(':') + 1)}: ${why}`);
      const next = decision.evidence.find(({ claim }) => claim.startsWith('no device: '))?.claim.split('; ')[1];
      const hint = `${next ?? 'give the node another NIC'}; vdpactl detect shows all that was looked at`;
      return fail(reasons.length === 0 ? 'none' : `none: ${listed(reasons, 4)}`, needed, hint, null, { devices: 0 });
    },
  },
  {
    id: 'VDPA-DEVICE-002',
    category: 'devices',
    title: 'every NIC named in the config is there',
    scope: 'node',
    pre: true,
    about: [
      'An entry of `nics.include` that fits nothing on the node is mostly a PCI address of another machine, or one that changed with a firmware update. In a cluster of different nodes it may be right for another node, so this check warns.',
      'By hand: compare with `lspci -D -nn`, or name PCI ids (`15b3:101e`), which stay the same.',
    ],
    judge({ report, config, decision }) {
      const named = config.nics.include ?? [];
      if (named.length === 0) return noneNamed(decision.provider);
      const software = new Set([...report.node.vdpa.devices.map(({ name }) => name), ...report.node.vdpa.vduse]);
      const toCome = new Set(decision.devices.map(({ pciAddress }) => pciAddress));
      const lost = named.filter(
        (selector) =>
          !software.has(selector) && !toCome.has(selector) && !report.nics.some((nic) => selects(selector, nic)),
      );
      const needed = 'a NIC or vDPA device of this node for each';
      return lost.length === 0
        ? pass(listed(named), needed)
        : warn(`not on this node: ${listed(lost)}`, needed, 'compare with: vdpactl detect', 'nics.include');
    },
  },
  {
    id: 'VDPA-DEVICE-003',
    category: 'devices',
    title: 'the devices are bound and made as planned',
    scope: 'node',
    pre: false,
    about: [
      'What the plan asks for before a device can be given away: the kernel driver that it is bound to, virtual functions, a vDPA device. `vdpactl detect` shows it for each. Preparing the node carries it out; until then this check warns. It is not part of `--pre`.',
      'By hand, for a NIC that goes to vfio-pci:',
      '```sh\necho vfio-pci > /sys/bus/pci/devices/0000:65:00.2/driver_override\necho 0000:65:00.2 > /sys/bus/pci/devices/0000:65:00.2/driver/unbind\necho 0000:65:00.2 > /sys/bus/pci/drivers_probe\n```',
    ],
    judge(facts) {
      const none = noDevices(facts);
      if (none !== null) return none;
      const open = facts.decision.devices.flatMap((device) => {
        const nic = facts.report.nics.find(({ pciAddress }) => pciAddress === device.pciAddress) ?? null;
        const steps = device.create.map((creation) =>
          creation.kind === 'vf'
            ? `${counted(creation.count, 'virtual function')} of ${creation.pf} to be made`
            : `vDPA device ${creation.name} to be made`,
        );
        if (device.driver !== null && nic !== null && nic.driver !== device.driver) {
          steps.unshift(`bound to ${nic.driver ?? 'nothing'} instead of ${device.driver}`);
        }
        return steps.length === 0 ? [] : [`${device.pciAddress} ${steps.join(', ')}`];
      });
      const needed = 'each device with the driver of the plan';
      if (open.length === 0) return pass(counted(facts.decision.devices.length, 'device'), needed);
      return warn(listed(open, 4), needed, 'prepare the node: vdpactl node prepare', null, { open: open.length });
    },
  },
  {
    id: 'VDPA-VF-001',
    category: 'devices',
    title: 'virtual functions are made where they can be',
    scope: 'node',
    pre: true,
    about: [
      'A physical function that can have virtual functions and has none is given away as a whole, to one workload. With `nics.virtualFunctions` vdpactl makes some and gives those away. Virtual functions of an uplink are left to you: making them can interrupt the link that the node is reached through.',
      'By hand:',
      '```sh\necho 4 > /sys/bus/pci/devices/0000:65:00.0/sriov_numvfs\n```',
    ],
    judge({ report, decision, config }) {
      if (decision.provider === 'local') return skip('the provider local gives no NIC away');
      const capable = report.nics.filter(
        ({ sriov, uplink }) => sriov !== null && !sriov.isVf && sriov.totalVfs > 0 && !uplink,
      );
      if (capable.length === 0) return skip('no NIC beside the uplinks can have virtual functions');
      const needed = 'virtual functions, so that several workloads can have a device each';
      const without = capable.filter(({ sriov }) => sriov?.numVfs === 0);
      const findings = without
        .filter(() => config.nics.virtualFunctions === 0)
        .map(({ pciAddress, sriov }) =>
          warn(
            `${pciAddress} can have ${sriov?.totalVfs ?? 0} and has none`,
            needed,
            `set nics.virtualFunctions to have some made; none are needed if one workload is to have the whole NIC`,
            pciAddress,
            { totalVfs: sriov?.totalVfs ?? 0, numVfs: 0 },
          ),
        );
      const shown = capable.map(({ pciAddress, sriov }) => `${pciAddress} has ${sriov?.numVfs ?? 0}`);
      const planned = without.length > 0 ? `; ${config.nics.virtualFunctions} are planned where there are none` : '';
      return orPass(findings, `${listed(shown)}${planned}`, needed);
    },
  },
  {
    id: 'VDPA-EVIDENCE-001',
    category: 'devices',
    title: 'nothing speaks against the provider',
    scope: 'node',
    pre: true,
    about: [
      'Where the node runs is decided by weight: what the cloud itself says counts more than the firmware, and the firmware more than a device. When two clouds are named, or the config names another one than was found, the decision stands, and this check shows what speaks against it: an image that was moved, or a node that poses as another in a lab.',
      'By hand: compare the evidence that `vdpactl detect` prints. If the decision is wrong, set `provider` in the config.',
    ],
    judge({ decision }) {
      const needed = 'evidence that agrees';
      if (decision.conflicts.length === 0) return pass(decision.provider, needed);
      const hint = 'look at the evidence: vdpactl detect; if the decision is wrong, set provider in the config';
      return decision.conflicts.map((conflict) => warn(conflict, needed, hint));
    },
  },
];
