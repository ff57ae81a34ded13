// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { CheckLevel } from '../../src/check/check.ts';
import { checks } from '../../src/check/checks.ts';
import { type NodeCheckFacts, noFacts } from '../../src/check/facts.ts';
import { runChecks } from '../../src/check/run-checks.ts';
import type { Nic } from '../../src/platform/node-report.ts';
import { probe } from '../../src/platform/probe.ts';
import { allNodes } from '../fixtures/nodes.ts';
import { nicReport, nodeReport } from '../fixtures/reports.ts';
import { withTree } from '../fixtures/tree.ts';
import { goodReport, nodeFacts, rowsOf, uplinkNic, virtioNic } from './facts.ts';

const testpmd = { backend: 'testpmd' };
const vhostVdpa = { backend: 'vhost-vdpa' };
const aws = { sysVendor: 'Amazon EC2', productName: 'c5n.4xlarge', chassisAssetTag: null };
const ena = (change: object = {}) =>
  nicReport({
    pciAddress: '0000:00:06.0',
    vendor: '1d0f',
    device: 'ec20',
    kind: 'ena',
    driver: 'vfio-pci',
    netdevs: [],
    prefetchableBars: [2],
    ...change,
  });
const awsReport = (nics = [uplinkNic(), ena()]) =>
  goodReport({ node: { dmi: aws, iommu: { enabled: false, groups: 0 } }, nics });
/** With a VDUSE device, of which vDPA devices were made, and a low limit of locked memory. */
const vduseFacts = (made: readonly string[], nics?: Nic[]) => {
  const devices = made.map((name) => ({
    ...{ name, driver: 'vhost_vdpa', path: '/dev/vhost-vdpa-0', pciAddress: null, mgmtdev: 'vduse' },
  }));
  const node = { vdpa: { managementDevices: [], devices, vduse: ['vd0'] } };
  const live = { memlock: [{ of: 'containerd', bytes: 8 * 1024 * 1024 }], vdpaTool: null };
  return nodeFacts(goodReport({ node, ...(nics === undefined ? {} : { nics }) }), vhostVdpa, live);
};
const pf = (change: object = {}) => ({
  totalVfs: 8,
  numVfs: 0,
  isVf: false,
  pf: null,
  vfOffset: 16,
  vfStride: 1,
  vfDevice: '154c',
  ...change,
});
const i40e = (change: object = {}) =>
  nicReport({
    pciAddress: '0000:3b:00.0',
    vendor: '8086',
    device: '1572',
    kind: 'dpdk',
    driver: 'vfio-pci',
    netdevs: [],
    iommuGroup: 31,
    numaNode: 1,
    sriov: pf(),
    ...change,
  });
const withCni = (multus: 'thick' | 'thin' | null, ...configFiles: string[]) =>
  nodeFacts(goodReport({ node: { cni: { configFiles, multus } } }), testpmd);
const twoSockets = {
  online: [0, 1, 2, 3],
  isolated: [1],
  numaNodes: 2,
  byNumaNode: [
    { numaNode: 0, cpus: [0, 1] },
    { numaNode: 1, cpus: [2, 3] },
  ],
};

type Case = [id: string, what: string, facts: NodeCheckFacts, level: CheckLevel, found: RegExp, hint: RegExp | null];

const cases: Case[] = [
  [
    'VDPA-DEVICE-001',
    'a device',
    nodeFacts(goodReport(), testpmd),
    'pass',
    /^1 device for testpmd: 0000:00:07\.0$/,
    null,
  ],
  [
    'VDPA-DEVICE-001',
    'an uplink alone',
    nodeFacts(goodReport({ nics: [uplinkNic()] }), testpmd),
    'fail',
    /^none: 0000:00:05\.0: is an uplink/,
    /vdpactl detect/,
  ],
  [
    'VDPA-DEVICE-002',
    'an address that is there',
    nodeFacts(goodReport(), { nics: { include: ['0000:00:07.0'] } }),
    'pass',
    /0000:00:07\.0/,
    null,
  ],
  [
    'VDPA-DEVICE-002',
    'an address that is not',
    nodeFacts(goodReport(), { nics: { include: ['0000:00:09.0', '1af4:1041'] } }),
    'warn',
    /^not on this node: 0000:00:09\.0$/,
    /vdpactl detect/,
  ],
  ['VDPA-DEVICE-003', 'a NIC that is bound', nodeFacts(goodReport(), testpmd), 'pass', /1 device/, null],
  [
    'VDPA-DEVICE-003',
    'a NIC that is not',
    nodeFacts(goodReport({ nics: [virtioNic({ driver: 'virtio-pci' })] }), testpmd),
    'warn',
    /bound to virtio-pci instead of vfio-pci/,
    /vdpactl node prepare/,
  ],
  [
    'VDPA-DEVICE-003',
    'virtual functions that are yet to be made',
    nodeFacts(
      goodReport({ node: { dmi: { sysVendor: null, productName: null, chassisAssetTag: null } }, nics: [i40e()] }),
      {
        ...testpmd,
        nics: { virtualFunctions: 2 },
      },
    ),
    'warn',
    /2 virtual functions of 0000:3b:00\.0 to be made/,
    /node prepare/,
  ],
  ['VDPA-VF-001', 'none that could', nodeFacts(goodReport(), testpmd), 'skip', /no NIC beside the uplinks/, null],
  [
    'VDPA-VF-001',
    'none made',
    nodeFacts(goodReport({ nics: [i40e()] }), testpmd),
    'warn',
    /can have 8 and has none/,
    /nics\.virtualFunctions/,
  ],
  [
    'VDPA-VF-001',
    'some planned',
    nodeFacts(goodReport({ nics: [i40e()] }), { ...testpmd, nics: { virtualFunctions: 4 } }),
    'pass',
    /4 are planned/,
    null,
  ],
  [
    'VDPA-VF-001',
    'those of an uplink',
    nodeFacts(goodReport({ nics: [i40e({ uplink: true })] }), testpmd),
    'skip',
    /uplinks/,
    null,
  ],
  ['VDPA-EVIDENCE-001', 'evidence that agrees', nodeFacts(goodReport()), 'pass', /^alibaba$/, null],
  [
    'VDPA-EVIDENCE-001',
    'another provider than was found',
    nodeFacts(goodReport(), { provider: 'baremetal' }),
    'warn',
    /alibaba/i,
    /set provider/,
  ],
  ['VDPA-IOMMU-001', 'an IOMMU', nodeFacts(goodReport(), testpmd), 'pass', /^on, 12 groups$/, null],
  [
    'VDPA-IOMMU-001',
    'no IOMMU',
    nodeFacts(awsReport()),
    'warn',
    /whoever has 0000:00:06\.0 can read and write all memory/,
    /intel_iommu=on/,
  ],
  [
    'VDPA-IOMMU-001',
    'a driver that makes nothing of the IOMMU',
    nodeFacts(goodReport(), { ...testpmd, nics: { driver: 'uio_pci_generic', noIommu: 'allow' } }),
    'warn',
    /^on, 12 groups: whoever has 0000:00:07\.0 can read and write all memory/,
    /^set nics\.driver to vfio-pci/,
  ],
  ['VDPA-IOMMU-002', 'groups of their own', nodeFacts(goodReport(), testpmd), 'pass', /its own/, null],
  [
    'VDPA-IOMMU-002',
    'a group with an uplink',
    nodeFacts(goodReport({ nics: [uplinkNic({ iommuGroup: 7 }), virtioNic()] }), testpmd),
    'warn',
    /group 7 with 0000:00:05\.0; as 0000:00:05\.0 is an uplink, it is not given away/,
    /ACS/,
  ],
  [
    'VDPA-IOMMU-002',
    'a group with a NIC that stays',
    nodeFacts(goodReport({ nics: [virtioNic(), virtioNic({ pciAddress: '0000:00:08.0' })] }), {
      ...testpmd,
      nics: { exclude: ['0000:00:08.0'] },
    }),
    'warn',
    /^0000:00:07\.0 is in group 7 with 0000:00:08\.0$/,
    /slot/,
  ],
  ['VDPA-KERNEL-001', 'a kernel of today', nodeFacts(goodReport(), vhostVdpa), 'pass', /^6\.1\.0/, null],
  [
    'VDPA-KERNEL-001',
    'a kernel without a management device',
    nodeFacts(goodReport({ node: { kernel: '5.15.0-1' } }), vhostVdpa),
    'warn',
    /may have no management device/,
    /5\.19/,
  ],
  [
    'VDPA-KERNEL-001',
    'a kernel that is too old',
    nodeFacts(goodReport({ node: { kernel: '5.4.0', modules: {} } }), vhostVdpa),
    'fail',
    /^5\.4\.0$/,
    /newer kernel/,
  ],
  [
    'VDPA-KERNEL-001',
    'a distribution that brought a module to an older kernel',
    nodeFacts(
      goodReport({
        node: { kernel: '5.10.134', modules: { vhost_vdpa: 'loaded', eni_vdpa: 'available' } },
        nics: [virtioNic({ device: '1000', subsystemVendor: '1af4', driver: 'virtio-pci' })],
      }),
      vhostVdpa,
    ),
    'pass',
    /eni_vdpa of a later one/,
    null,
  ],
  [
    'VDPA-KERNEL-001',
    'a kernel that says nothing',
    nodeFacts(goodReport({ node: { kernel: null } }), testpmd),
    'skip',
    /no version/,
    null,
  ],
  ['VDPA-MODULE-001', 'all modules', nodeFacts(goodReport(), testpmd), 'pass', /all there/, null],
  [
    'VDPA-MODULE-001',
    'no vfio-pci',
    nodeFacts(goodReport({ node: { modules: {} }, nics: [virtioNic({ driver: 'virtio-pci' })] }), testpmd),
    'fail',
    /there is no vfio_pci/,
    /linux-modules-extra/,
  ],
  [
    'VDPA-MODULE-001',
    'no igb_uio',
    nodeFacts(goodReport({ node: { modules: {} }, nics: [virtioNic({ driver: 'virtio-pci' })] }), {
      ...testpmd,
      nics: { driver: 'igb_uio' },
    }),
    'fail',
    /igb_uio/,
    /dpdk-kmods/,
  ],
  ['VDPA-MODULE-002', 'all loaded', nodeFacts(goodReport(), testpmd), 'pass', /none is waiting/, null],
  [
    'VDPA-MODULE-002',
    'one to be loaded',
    nodeFacts(goodReport({ node: { modules: { vfio_pci: 'available', vfio_iommu_type1: 'loaded' } } }), testpmd),
    'warn',
    /not loaded yet: vfio_pci/,
    /^modprobe -a vfio_pci$/,
  ],
  ['VDPA-VDPATOOL-001', 'nothing to make', nodeFacts(goodReport(), testpmd), 'skip', /no vDPA device/, null],
  ['VDPA-VDPATOOL-001', 'the tool', nodeFacts(goodReport(), vhostVdpa), 'pass', /\/sbin\/vdpa/, null],
  ['VDPA-VDPATOOL-001', 'a captured node', nodeFacts(goodReport(), vhostVdpa, null), 'skip', /machine itself/, null],
  [
    'VDPA-VDPATOOL-001',
    'no tool',
    nodeFacts(goodReport(), vhostVdpa, { memlock: [], vdpaTool: null }),
    'fail',
    /no vdpa in PATH/,
    /iproute2/,
  ],
  [
    'VDPA-HUGE-002',
    'enough',
    nodeFacts(goodReport(), testpmd),
    'pass',
    /^1024 free of 1024 of 2048 KiB on NUMA node 0$/,
    null,
  ],
  [
    'VDPA-HUGE-002',
    'enough on the other NUMA node only',
    nodeFacts(
      goodReport({
        node: {
          hugepages: [
            { sizeKiB: 2048, numaNode: 0, total: 0, free: 0 },
            { sizeKiB: 2048, numaNode: 1, total: 4096, free: 4096 },
          ],
        },
      }),
      testpmd,
    ),
    'fail',
    /^0 free of 0 of 2048 KiB on NUMA node 0; 4096 free on NUMA node 1$/,
    /echo 640 > \/sys\/devices\/system\/node\/node0\/hugepages\/hugepages-2048kB\/nr_hugepages/,
  ],
  [
    'VDPA-HUGE-002',
    'enough that others hold',
    nodeFacts(goodReport({ node: { hugepages: [{ sizeKiB: 2048, numaNode: 0, total: 1024, free: 10 }] } }), testpmd),
    'warn',
    /^10 free of 1024/,
    /echo 1654 >/,
  ],
  [
    'VDPA-HUGE-002',
    'no backend process, so less',
    nodeFacts(
      goodReport({ node: { hugepages: [{ sizeKiB: 2048, numaNode: null, total: 512, free: 512 }] } }),
      vhostVdpa,
    ),
    'pass',
    /^512 free of 512 of 2048 KiB$/,
    null,
  ],
  [
    'VDPA-HUGE-002',
    'pages of a gigabyte, of which there are none',
    nodeFacts(goodReport(), { ...testpmd, memory: { pageSizeKiB: 1048576 } }),
    'fail',
    /^0 free of 0 of 1048576 KiB/,
    /at boot/,
  ],
  ['VDPA-MEMLOCK-001', 'testpmd', nodeFacts(goodReport(), testpmd), 'skip', /pins nothing/, null],
  ['VDPA-MEMLOCK-001', 'a captured node', nodeFacts(goodReport(), vhostVdpa, null), 'skip', /machine itself/, null],
  ['VDPA-MEMLOCK-001', 'no limit', nodeFacts(goodReport(), vhostVdpa), 'pass', /containerd: unlimited/, null],
  [
    'VDPA-MEMLOCK-001',
    'a low limit of the shell, and no container runtime',
    nodeFacts(goodReport(), vhostVdpa, { memlock: [{ of: 'this process', bytes: 65536 }], vdpaTool: null }),
    'warn',
    /^this process: 64 KiB$/,
    /ulimit -l unlimited/,
  ],
  [
    'VDPA-MEMLOCK-001',
    'a low limit of containerd',
    nodeFacts(goodReport(), vhostVdpa, {
      memlock: [
        { of: 'this process', bytes: null },
        { of: 'containerd', bytes: 8 * 1024 * 1024 },
      ],
      vdpaTool: null,
    }),
    'fail',
    /^containerd: 8 MiB$/,
    /LimitMEMLOCK=infinity/,
  ],
  ['VDPA-MEMLOCK-001', 'a VDUSE device that is there', vduseFacts(['vd0'], [uplinkNic()]), 'skip', /VDUSE/, null],
  ['VDPA-MEMLOCK-001', 'one that is yet to be made', vduseFacts([], [uplinkNic()]), 'skip', /VDUSE/, null],
  ['VDPA-MEMLOCK-001', 'a device of hardware beside it', vduseFacts(['vd0']), 'fail', /^containerd: 8 MiB$/, /Limit/],
  ['VDPA-CPU-002', 'isolated CPUs', nodeFacts(goodReport(), testpmd), 'pass', /^4-7 are isolated$/, null],
  [
    'VDPA-CPU-002',
    'none',
    nodeFacts(goodReport({ node: { cpus: { ...twoSockets, isolated: [] } }, nics: [i40e()] }), testpmd),
    'warn',
    /no CPU is isolated/,
    // Those of the NIC's NUMA node.
    /isolcpus=2-3 nohz_full=2-3/,
  ],
  [
    'VDPA-CPU-002',
    'too few CPUs',
    nodeFacts(goodReport({ node: { cpus: { online: [0], isolated: [], numaNodes: 1, byNumaNode: [] } } }), testpmd),
    'warn',
    /no CPU/,
    /only 1 CPU/,
  ],
  ['VDPA-NUMA-001', 'one NUMA node', nodeFacts(goodReport(), testpmd), 'skip', /single NUMA node/, null],
  [
    'VDPA-NUMA-001',
    'isolated CPUs on the other socket',
    nodeFacts(goodReport({ node: { cpus: twoSockets }, nics: [i40e()] }), testpmd),
    'warn',
    /all isolated CPUs are elsewhere/,
    /isolate CPUs of that node too: 3/,
  ],
  [
    'VDPA-NUMA-001',
    'no CPU on its socket',
    nodeFacts(goodReport({ node: { cpus: twoSockets }, nics: [i40e({ numaNode: 3 })] }), testpmd),
    'warn',
    /NUMA node 3, which has no CPU online/,
    /another socket/,
  ],
  [
    'VDPA-NUMA-001',
    'CPUs on its socket',
    nodeFacts(goodReport({ node: { cpus: twoSockets }, nics: [i40e({ numaNode: 0 })] }), testpmd),
    'pass',
    /with CPUs 1$/,
    null,
  ],
  ['VDPA-UPLINK-002', 'no name', nodeFacts(goodReport(), testpmd), 'skip', /names no NIC/, null],
  [
    'VDPA-UPLINK-002',
    'a spare one',
    nodeFacts(goodReport(), { nics: { include: ['0000:00:07.0'] } }),
    'pass',
    /none/,
    null,
  ],
  [
    'VDPA-UPLINK-002',
    'the uplink, by its ids',
    nodeFacts(goodReport(), { nics: { include: ['1af4:1041'] } }),
    'fail',
    /^0000:00:05\.0: eth0 has the address/,
    /only unconfiguring eth0/,
  ],
  ['VDPA-UPLINK-003', 'a spare NIC', nodeFacts(goodReport()), 'pass', /0000:00:07\.0/, null],
  [
    'VDPA-UPLINK-003',
    'uplinks only',
    nodeFacts(goodReport({ nics: [uplinkNic()] })),
    'warn',
    /every NIC is an uplink/,
    /another network interface/,
  ],
  ['VDPA-CNI-001', 'no CNI yet', nodeFacts(goodReport(), testpmd), 'skip', /no CNI configuration/, null],
  [
    'VDPA-CNI-001',
    'Multus first',
    withCni('thick', '00-multus.conf', '10-flannel.conflist'),
    'pass',
    /thick, by 00-multus/,
    null,
  ],
  ['VDPA-CNI-001', 'no Multus yet', withCni(null, '10-flannel.conflist'), 'pass', /installed along/, null],
  [
    'VDPA-CNI-001',
    'Multus after another',
    withCni('thin', '05-cilium.conflist', '10-multus.conf'),
    'warn',
    /thin, but the runtime takes 05-cilium\.conflist/,
    /sorts after/,
  ],
  [
    'VDPA-CNI-001',
    'no Multus though it should be there',
    nodeFacts(goodReport({ node: { cni: { configFiles: ['10-x.conf'], multus: null } } }), {
      kubernetes: { multus: 'present' },
    }),
    'fail',
    /no Multus/,
    /kubernetes\.multus/,
  ],
  ['VDPA-ENA-001', 'no ENA', nodeFacts(goodReport(), testpmd), 'skip', /no ENA/, null],
  ['VDPA-ENA-001', 'vfio-pci', nodeFacts(awsReport()), 'warn', /does not map BAR 2 write-combined/, /igb_uio/],
  [
    'VDPA-ENA-001',
    'igb_uio',
    nodeFacts(awsReport([uplinkNic(), ena({ driver: 'igb_uio' })]), { nics: { driver: 'igb_uio' } }),
    'pass',
    /wc_activate=1/,
    null,
  ],
  [
    'VDPA-ENA-001',
    'no prefetchable BAR',
    nodeFacts(awsReport([ena({ prefetchableBars: [] })])),
    'warn',
    /no prefetchable BAR/,
    /Nitro/,
  ],
  [
    'VDPA-ENA-002',
    'a type that people spoke of',
    nodeFacts(awsReport()),
    'pass',
    /^c5n\.4xlarge: about 2\.5 million.*issue 138/,
    null,
  ],
];

describe('each check of a node', () => {
  it.each(cases)('%s with %s', (id, _what, facts, level, found, hint) => {
    const [row, ...more] = rowsOf(id, { nodes: [facts] });
    expect(more).toEqual([]);
    expect(row).toMatchObject({ id, node: 'node-1', level, found: expect.stringMatching(found) });
    if (hint === null) expect(row?.hint).toBeNull();
    else expect(row?.hint).toMatch(hint);
  });

  it('has a case here in which it is not content, or is a note', () => {
    const judged = new Set(cases.filter(([, , , level]) => level === 'fail' || level === 'warn').map(([id]) => id));
    const all = checks.filter(({ scope }) => scope === 'node').map(({ id }) => id);
    expect(all.filter((id) => !judged.has(id))).toEqual(['VDPA-ENA-002']);
  });

  it('fails nowhere on a node on which nothing is wrong', () => {
    const rows = runChecks({ ...noFacts, nodes: [nodeFacts(goodReport(), testpmd)] });
    expect(rows.filter(({ level }) => level === 'fail' || level === 'warn')).toEqual([]);
  });

  it('says nothing of a NIC where the provider gives none away', () => {
    const rows = runChecks({ ...noFacts, nodes: [nodeFacts(nodeReport())] });
    expect(rows.filter(({ level }) => level !== 'skip').map(({ id }) => id)).toEqual(['VDPA-EVIDENCE-001']);
  });

  it.each(Object.entries(allNodes))('gets through a whole node: %s', (_name, tree) => {
    const report = withTree(tree, (root) => probe({ root }));
    for (const row of runChecks({ ...noFacts, nodes: [nodeFacts(report, {}, null)] })) {
      expect(row.found, row.id).not.toBe('');
      expect(row.hint !== null, row.id).toBe(row.level === 'warn' || row.level === 'fail');
    }
  });
});

it('judges each of several nodes, and says which', () => {
  const named = (name: string) => nodeFacts(goodReport({ node: { name } }), testpmd);
  const rows = rowsOf('VDPA-CPU-002', { nodes: [named('a'), named('b')] });
  expect(rows.map(({ node }) => node)).toEqual(['a', 'b']);
});

it('has numbers of huge pages for programs', () => {
  expect(rowsOf('VDPA-HUGE-002', { nodes: [nodeFacts(goodReport(), testpmd)] })[0]?.data).toEqual({
    numaNode: 0,
    pageSizeKiB: 2048,
    neededPages: 640,
    freePages: 1024,
    totalPages: 1024,
    file: '/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages',
  });
});
