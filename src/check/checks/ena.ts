// SPDX-License-Identifier: Apache-2.0
import { type Check, type Finding, pass, shell, skip, warn } from '../check.ts';
import type { NodeCheckFacts } from '../facts.ts';
import { nicOf, noDevices } from '../node-words.ts';

/** Packets a second that users and AWS engineers report for whole instances, with where. AWS publishes none. */
const reportedLimits: Readonly<Record<string, string>> = {
  'c5n.xlarge': 'about 1.8 million a second, measured by a user',
  'c5n.4xlarge': 'about 2.5 million a second, as an AWS engineer says in issue 138 of amzn-drivers',
  'c5n.9xlarge': 'about 5 million a second, as an AWS engineer says in issue 138 of amzn-drivers',
  'c6in.metal': '8.88 million a second sent with 16 queues, as a user says in issue 318 of amzn-drivers',
};

export const enaChecks: readonly Check[] = [
  {
    id: 'VDPA-ENA-001',
    category: 'ena',
    title: 'ENA is mapped write-combined',
    scope: 'node',
    pre: false,
    about: [
      "An Elastic Network Adapter takes packet headers through its own memory (low-latency queues). Without write-combining each of those writes is a transaction of its own on the PCI bus: everything works, and sends slowly, with no error anywhere. Linux' own `vfio-pci` does not map write-combined; users meet that as a rate far below the instance's. `igb_uio` does when it is loaded with `wc_activate=1`, and so does a `vfio-pci` with Amazon's patch, which cannot be told from outside.",
      'By hand, with `igb_uio` of dpdk-kmods and `nics.driver: igb_uio`:',
      shell('modprobe uio', 'insmod igb_uio.ko wc_activate=1'),
      'To see whether the mapping is there, look for `write-combining` at the address of the prefetchable BAR:',
      shell('grep write-combining /sys/kernel/debug/x86/pat_memtype_list'),
    ],
    judge(facts) {
      const none = noDevices(facts);
      if (none !== null) return none;
      const findings = enaNics(facts).map(({ pciAddress, prefetchableBars, driver }): Finding => {
        const needed = 'a prefetchable BAR that is mapped write-combined';
        if (prefetchableBars.length === 0) {
          const hint = 'nothing on this machine; take an instance type of the Nitro system';
          return warn(`${pciAddress} has no prefetchable BAR`, needed, hint, pciAddress);
        }
        const bar = `BAR ${prefetchableBars.join(', ')}`;
        if (driver === 'igb_uio') {
          const found = `${pciAddress} with igb_uio, ${bar}: write-combined if the module was loaded with wc_activate=1`;
          return pass(found, needed);
        }
        const hint =
          'for full rate set nics.driver to igb_uio and load it with wc_activate=1; with vfio-pci say so with every number';
        return warn(
          `${pciAddress} with ${driver ?? 'no driver'}, which does not map ${bar} write-combined`,
          needed,
          hint,
          pciAddress,
        );
      });
      return findings.length === 0 ? skip('no ENA is given away') : findings;
    },
  },
  {
    id: 'VDPA-ENA-002',
    category: 'ena',
    title: 'the packet limit of the instance is known',
    scope: 'node',
    pre: true,
    about: [
      'EC2 limits packets a second for a whole instance, by type and without publishing the number. Beyond the limit packets are dropped by the platform, neither by the NIC nor by vdpactl, and a benchmark measures the limit and not the path. The counters `pps_allowance_exceeded`, `bw_in_allowance_exceeded` and `bw_out_allowance_exceeded` say so. A single flow has a limit of its own, about 10 Gbit/s, 5 outside of a placement group. This row is a note and never fails; the numbers in it are what people reported, not promises.',
      'By hand, while the NIC is still with the kernel:',
      shell('ethtool -S eth1 | grep allowance_exceeded'),
    ],
    judge(facts) {
      const none = noDevices(facts);
      if (none !== null) return none;
      if (enaNics(facts).length === 0) return skip('no ENA is given away');
      const type = facts.report.node.cloud?.instanceType ?? facts.report.node.dmi.productName;
      const reported = type === null ? undefined : reportedLimits[type];
      const found = `${type ?? 'an instance of unknown type'}: ${reported ?? 'no number is known'}`;
      return pass(found, 'watch pps_allowance_exceeded whenever a rate is measured', { instanceType: type });
    },
  },
];

interface EnaNic {
  readonly pciAddress: string;
  readonly prefetchableBars: readonly number[];
  /** The driver it will have. */
  readonly driver: string | null;
}

function enaNics(facts: NodeCheckFacts): readonly EnaNic[] {
  return facts.decision.devices.flatMap((device) => {
    const nic = nicOf(device, facts);
    if (nic?.kind !== 'ena') return [];
    return [
      { pciAddress: nic.pciAddress, prefetchableBars: nic.prefetchableBars, driver: device.driver ?? nic.driver },
    ];
  });
}
