// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { detectText } from '../../src/output/detect-text.ts';
import type { Nic, NodeReport } from '../../src/platform/node-report.ts';
import type { Decision } from '../../src/providers/decision.ts';

const spare: Nic = {
  pciAddress: '0000:17:01.0',
  vendor: '8086',
  device: '1889',
  subsystemVendor: '8086',
  subsystemDevice: '0000',
  class: '020000',
  driver: 'vfio-pci',
  netdevs: [],
  mac: null,
  numaNode: 0,
  iommuGroup: 41,
  sriov: { totalVfs: 0, numVfs: 0, isVf: true, pf: '0000:17:00.0', vfOffset: null, vfStride: null, vfDevice: null },
  vdpa: null,
  prefetchableBars: [],
  uplink: false,
  uplinkReasons: [],
  kind: 'dpdk',
};

const report: NodeReport = {
  schemaVersion: 'vdpactl/v1',
  node: {
    name: 'node-7',
    kernel: '6.1.0-28-amd64',
    arch: 'x86_64',
    dmi: { sysVendor: 'Amazon EC2', productName: 'c5n.metal', chassisAssetTag: null },
    cloud: null,
    iommu: { enabled: true, groups: 44 },
    cpus: { online: [0, 1, 2, 3, 8], isolated: [2, 3], numaNodes: 2, byNumaNode: [] },
    hugepages: [
      { sizeKiB: 2048, numaNode: 0, total: 1024, free: 512 },
      { sizeKiB: 1048576, numaNode: 1, total: 4, free: 4 },
      { sizeKiB: 64, numaNode: 0, total: 0, free: 0 },
    ],
    modules: { vfio_pci: 'loaded', tun: 'builtin', vp_vdpa: 'available', ifcvf: 'missing' },
    vfioNoIommu: null,
    vdpa: { managementDevices: [], devices: [], vduse: [] },
    cni: { configFiles: [], multus: null },
  },
  nics: [
    {
      ...spare,
      pciAddress: '0000:17:00.0',
      device: '1592',
      driver: 'ice',
      netdevs: ['ens1f0'],
      iommuGroup: null,
      sriov: { totalVfs: 128, numVfs: 1, isVf: false, pf: null, vfOffset: null, vfStride: null, vfDevice: null },
      uplink: true,
      uplinkReasons: ['ens1f0 has the address 192.0.2.10', 'ens1f0 carries the IPv4 default route'],
    },
    spare,
    {
      ...spare,
      pciAddress: '0000:65:00.2',
      vendor: '15b3',
      device: '101e',
      driver: null,
      sriov: null,
      numaNode: null,
      iommuGroup: null,
      vdpa: { name: 'vdpa0', mgmtdev: null, path: '/dev/vhost-vdpa-3' },
      kind: 'vdpa',
    },
  ],
  evidence: [
    { claim: 'cloud, by firmware', source: '/sys/class/dmi/id/sys_vendor', value: 'aws (Amazon EC2)' },
    { claim: 'kernel', source: '/proc/sys/kernel/osrelease', value: '6.1.0-28-amd64' },
  ],
};

const decision: Decision = {
  provider: 'local',
  backend: 'testpmd',
  overridden: ['backend=testpmd'],
  devices: [
    {
      pciAddress: 'local0',
      driver: null,
      why: 'a memif socket stands in for the NIC',
      create: [],
      modules: [],
      noIommu: false,
    },
  ],
  conflicts: [],
  evidence: [{ claim: 'wire', source: 'config local.wire', value: 'memif' }],
  rejected: [
    { what: 'provider:aws', why: 'not in this version' },
    { what: 'device:0000:17:00.0', why: 'is an uplink' },
  ],
};

it('shows the node, its NICs, the decision, and what speaks against the rest', () => {
  expect(detectText(report, decision)).toBe(`Node
  name       node-7 (Linux 6.1.0-28-amd64, x86_64)
  firmware   Amazon EC2 c5n.metal
  cloud      aws (Amazon EC2), by its firmware; the metadata service was not asked
  cpus       5 online (0-3,8), isolated 2-3, 2 NUMA nodes
  hugepages  1024 of 2 MiB on NUMA node 0, 512 free; 4 of 1 GiB on NUMA node 1, 4 free
  iommu      on, 44 groups
  modules    loaded: vfio_pci
             built in: tun
             can be loaded: vp_vdpa

NICs
  PCI address   ids        driver    interfaces  kind  uplink
  0000:17:00.0  8086:1592  ice       ens1f0      dpdk  yes     NUMA node 0, 1 of 128 VFs
      ens1f0 has the address 192.0.2.10
      ens1f0 carries the IPv4 default route
  0000:17:01.0  8086:1889  vfio-pci  -           dpdk  no      NUMA node 0, IOMMU group 41, VF of 0000:17:00.0
  0000:65:00.2  15b3:101e  -         -           vdpa  no      vDPA device vdpa0 at /dev/vhost-vdpa-3

Decision
  provider local
  backend testpmd (adds one packet copy each way)
  set by you: backend=testpmd
  device local0: a memif socket stands in for the NIC
  because wire is memif (config local.wire)

Rejected
  provider:aws         not in this version
  device:0000:17:00.0  is an uplink
`);
});

it('shows a node of which nothing is known', () => {
  const empty: NodeReport = {
    ...report,
    node: {
      name: null,
      kernel: null,
      arch: null,
      dmi: { sysVendor: null, productName: null, chassisAssetTag: null },
      cloud: null,
      iommu: { enabled: false, groups: 0 },
      cpus: { online: [], isolated: [], numaNodes: 0, byNumaNode: [] },
      hugepages: [],
      modules: {},
      vfioNoIommu: null,
      vdpa: { managementDevices: [], devices: [], vduse: [] },
      cni: { configFiles: [], multus: null },
    },
    nics: [],
    evidence: [],
  };
  const text = detectText(empty, { ...decision, rejected: [] });
  expect(text).toContain('name       unknown (Linux unknown, unknown architecture)\n');
  expect(text).toContain('cpus       unknown, none isolated, 0 NUMA nodes\n');
  expect(text).toContain('hugepages  none set aside\n');
  expect(text).toContain('NICs\n  no network controller on PCI\n');
  expect(text).not.toContain('Rejected');
});

it('makes only headings bold', () => {
  const text = detectText(report, decision, (heading) => `<b>${heading}</b>`);
  expect(text.match(/<b>.*<\/b>/g)).toEqual(['<b>Node</b>', '<b>NICs</b>', '<b>Decision</b>', '<b>Rejected</b>']);
});

it('hands no control character of a captured tree to the terminal', () => {
  const hostile = { ...report, nics: [{ ...spare, driver: 'x\x1b[2J', netdevs: ['eth\n0'] }] };
  const text = detectText(hostile, decision);
  expect(text).toContain('x?[2J');
  expect(text).toContain('eth?0');
  expect(text).not.toContain('\x1b');
});
