// SPDX-License-Identifier: Apache-2.0
import type { CheckRow } from '../../src/check/check.ts';
import { type CheckFacts, type NodeCheckFacts, noFacts } from '../../src/check/facts.ts';
import { runChecks } from '../../src/check/run-checks.ts';
import { configSchema } from '../../src/config/config-schema.ts';
import type { Nic, NodeReport } from '../../src/platform/node-report.ts';
import { decide } from '../../src/providers/decide.ts';
import { nicReport, nodeReport } from '../fixtures/reports.ts';

/** A NIC of the kind that Alibaba Cloud gives its instances, isolated by an IOMMU and with vfio-pci. */
export const virtioNic = (change: Partial<Nic> = {}): Nic =>
  nicReport({
    pciAddress: '0000:00:07.0',
    driver: 'vfio-pci',
    netdevs: [],
    numaNode: 0,
    iommuGroup: 7,
    ...change,
  });

export const uplinkNic = (change: Partial<Nic> = {}): Nic =>
  nicReport({ pciAddress: '0000:00:05.0', uplink: true, uplinkReasons: ['eth0 has the address 192.0.2.2'], ...change });

const hasEverything = Object.fromEntries(
  ['vfio', 'vfio_pci', 'vfio_iommu_type1', 'uio', 'igb_uio', 'uio_pci_generic', 'vdpa', 'vhost_vdpa', 'vp_vdpa'].map(
    (name) => [name, 'loaded' as const],
  ),
);

/** An instance of Alibaba Cloud on which nothing is wrong: eight CPUs of which four are isolated, an IOMMU, huge pages. */
export function goodReport(change: { node?: Partial<NodeReport['node']>; nics?: Nic[] } = {}): NodeReport {
  return nodeReport({
    node: {
      dmi: { sysVendor: 'Alibaba Cloud', productName: 'Alibaba Cloud ECS', chassisAssetTag: null },
      iommu: { enabled: true, groups: 12 },
      cpus: {
        online: [0, 1, 2, 3, 4, 5, 6, 7],
        isolated: [4, 5, 6, 7],
        numaNodes: 1,
        byNumaNode: [{ numaNode: 0, cpus: [0, 1, 2, 3, 4, 5, 6, 7] }],
      },
      hugepages: [{ sizeKiB: 2048, numaNode: 0, total: 1024, free: 1024 }],
      modules: hasEverything,
      ...change.node,
    },
    nics: change.nics ?? [uplinkNic(), virtioNic()],
  });
}

/** The node of a report, decided for by the code that decides for all. */
export function nodeFacts(
  report: NodeReport,
  config: object = {},
  live: NodeCheckFacts['live'] = { memlock: [{ of: 'containerd', bytes: null }], vdpaTool: '/sbin/vdpa' },
): NodeCheckFacts {
  const parsed = configSchema.parse(config);
  return { report, config: parsed, decision: decide(report, parsed), live };
}

export function rowsOf(id: string, facts: Partial<CheckFacts>): readonly CheckRow[] {
  return runChecks({ ...noFacts, ...facts }, { only: [id] });
}
