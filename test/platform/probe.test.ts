// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type Nic, type NodeReport, nodeReportSchema } from '../../src/platform/node-report.ts';
import { probe } from '../../src/platform/probe.ts';
import { cloudNodes } from '../fixtures/cloud-nodes.ts';
import { base, dmi, nic } from '../fixtures/node-tree.ts';
import { allNodes, bonded, ifcvf, laptop, numa, sriov, vdpa, virtioUplink } from '../fixtures/nodes.ts';
import { type Tree, withTree } from '../fixtures/tree.ts';

const probed = (tree: Tree): NodeReport => withTree(tree, (root) => probe({ root }));

function nicAt(report: NodeReport, pciAddress: string): Nic {
  const found = report.nics.find((candidate) => candidate.pciAddress === pciAddress);
  if (found === undefined) throw new Error(`no ${pciAddress} in the report`);
  return found;
}

function evidenceOf(report: NodeReport, claim: string) {
  return report.evidence.filter((entry) => entry.claim === claim).map(({ source, value }) => [source, value]);
}

it.each(Object.keys(allNodes))('reports %s by the schema', (name) => {
  expect(() => nodeReportSchema.parse(probed(allNodes[name] ?? {}))).not.toThrow();
});

it('reports a virtual machine whose only NIC carries everything', () => {
  const report = probed(virtioUplink);
  expect(report.node).toMatchObject({
    name: 'small-vm',
    kernel: '6.18.44',
    arch: 'x86_64',
    dmi: { sysVendor: null, productName: null, chassisAssetTag: null },
    cloud: null,
    iommu: { enabled: false, groups: 0 },
    cpus: { online: [0, 1, 2, 3], isolated: [], numaNodes: 1, byNumaNode: [] },
    vfioNoIommu: null,
    cni: { configFiles: [], multus: null },
    hugepages: [],
  });
  expect(report.nics).toEqual([
    {
      pciAddress: '0000:00:03.0',
      vendor: '1af4',
      device: '1041',
      subsystemVendor: '1af4',
      subsystemDevice: '1041',
      class: '020000',
      driver: 'virtio-pci',
      netdevs: ['eth0'],
      mac: '02:fc:00:00:00:01',
      numaNode: null,
      iommuGroup: null,
      sriov: null,
      vdpa: null,
      prefetchableBars: [],
      uplink: true,
      uplinkReasons: [
        'eth0 has the addresses 192.0.2.2, fd00::2',
        'eth0 carries the IPv4 default route',
        'eth0 carries the IPv6 default route',
      ],
      kind: 'virtio',
    },
  ]);
});

it('says where each fact was read, and what is missing', () => {
  const report = probed(virtioUplink);
  expect(evidenceOf(report, 'kernel')).toEqual([['/proc/sys/kernel/osrelease', '6.18.44']]);
  expect(evidenceOf(report, 'dmi sysVendor')).toEqual([['/sys/class/dmi/id/sys_vendor', null]]);
  expect(evidenceOf(report, 'cpus online')).toEqual([['/sys/devices/system/cpu/online', '0-3']]);
  expect(evidenceOf(report, 'nic 0000:00:03.0 uplink')).toContainEqual([
    '/proc/net/route',
    'eth0 carries the IPv4 default route',
  ]);
});

it('keeps the NICs of a laptop apart: in use, unplugged, up but unused', () => {
  const report = probed(laptop);
  expect(report.nics.map(({ uplink, kind }) => [uplink, kind])).toEqual([
    [true, 'other'],
    [false, 'dpdk'],
    [false, 'other'],
  ]);
});

it('finds the uplink through bond, VLAN and bridge, and leaves the spare ports', () => {
  const report = probed(bonded);
  expect(report.nics.map(({ uplink }) => uplink)).toEqual([true, true, false, false]);
  expect(nicAt(report, '0000:3b:00.0').uplinkReasons[0]).toBe('eno1 is below br0, which has the address 203.0.113.9');
  expect(nicAt(report, '0000:3b:00.3')).toMatchObject({ driver: 'vfio-pci', netdevs: [], mac: null, iommuGroup: 31 });
});

describe('SR-IOV', () => {
  it('tells physical and virtual functions', () => {
    const report = probed(sriov);
    expect(nicAt(report, '0000:17:00.0')).toMatchObject({
      sriov: { totalVfs: 128, numVfs: 3, isVf: false, pf: null, vfOffset: 8, vfStride: 1, vfDevice: '1889' },
      numaNode: 0,
      uplink: true,
    });
    expect(nicAt(report, '0000:17:01.1')).toMatchObject({
      sriov: { isVf: true, pf: '0000:17:00.0', vfOffset: null, vfStride: null, vfDevice: null },
      uplink: false,
    });
  });

  it('takes a physical function for an uplink when a virtual one of it is', () => {
    expect(nicAt(probed(sriov), '0000:65:00.0')).toMatchObject({
      uplink: true,
      uplinkReasons: ['its virtual function 0000:65:01.0 is an uplink'],
    });
  });
});

it('reports an EC2 instance with a spare ENI, and the cloud only as a hint', () => {
  const report = probed(cloudNodes.awsC5n);
  expect(report.nics.map(({ kind, uplink }) => [kind, uplink])).toEqual([
    ['ena', true],
    ['ena', false],
  ]);
  expect(report.node.cloud).toBeNull();
  expect(evidenceOf(report, 'cloud, by firmware')).toEqual([['/sys/class/dmi/id/sys_vendor', 'aws (Amazon EC2)']]);
});

it('takes a cloud hint from Alibaba firmware too, and none from others', () => {
  const alibaba = probed({ ...base('ecs'), ...dmi('Alibaba Cloud', 'Alibaba Cloud ECS') });
  expect(evidenceOf(alibaba, 'cloud, by firmware')).toEqual([
    ['/sys/class/dmi/id/sys_vendor', 'alibaba (Alibaba Cloud)'],
  ]);
  expect(evidenceOf(probed(laptop), 'cloud, by firmware')).toEqual([]);
});

it('knows an IFCVF from a virtio NIC', () => {
  const report = probed(ifcvf);
  expect(report.nics.map(({ kind }) => kind)).toEqual(['vdpa', 'vdpa', 'vdpa']);
  expect(nicAt(report, '0000:01:00.1').vdpa).toEqual({
    name: 'vdpa0',
    mgmtdev: 'pci/0000:01:00.1',
    path: '/dev/vhost-vdpa-0',
  });
});

describe('vDPA devices', () => {
  it.each([
    ['0000:65:00.2', 'vdpa', { name: 'vdpa0', mgmtdev: 'pci/0000:65:00.2', path: '/dev/vhost-vdpa-3' }],
    ['0000:65:00.3', 'vdpa', { name: 'vdpa2', mgmtdev: 'pci/0000:65:00.3', path: null }],
    ['0000:00:07.0', 'virtio', { name: 'vdpa1', mgmtdev: 'pci/0000:00:07.0', path: '/dev/vhost-vdpa-1' }],
    ['0000:00:08.0', 'virtio', { name: 'vdpa4', mgmtdev: null, path: '/dev/vhost-vdpa-4' }],
  ])('%s (%s)', (pciAddress, kind, expected) => {
    expect(nicAt(probed(vdpa), pciAddress)).toMatchObject({ kind, vdpa: expected });
  });

  it('of vp_vdpa have no management device before Linux 5.19', () => {
    const old = { ...vdpa, 'proc/sys/kernel/osrelease': '5.15.0-91-generic\n' };
    expect(nicAt(probed(old), '0000:00:07.0').vdpa?.mgmtdev).toBeNull();
  });

  it('of software belong to no NIC but are in the evidence', () => {
    expect(evidenceOf(probed(vdpa), 'vdpa vdpa9')).toEqual([
      ['/sys/bus/vdpa/devices/vdpa9', 'no PCI device, driver vhost_vdpa, made by vdpasim_net'],
    ]);
  });

  it('make a NIC with unknown ids one for vDPA', () => {
    const tree = {
      ...base('x'),
      ...nic({ at: '0000:01:00.0', ids: 'abcd:0001', vdpa: { name: 'vdpa0', chardev: 0 } }),
    };
    expect(nicAt(probed(tree), '0000:01:00.0').kind).toBe('vdpa');
  });
});

describe('a NUMA machine', () => {
  const { node } = probed(numa);

  it('has its huge pages by node and size', () => {
    expect(node.hugepages).toEqual([
      { sizeKiB: 2048, numaNode: 0, total: 1024, free: 512 },
      { sizeKiB: 1048576, numaNode: 0, total: 4, free: 4 },
      { sizeKiB: 2048, numaNode: 1, total: 0, free: 0 },
      { sizeKiB: 1048576, numaNode: 1, total: 8, free: 1 },
    ]);
  });

  it('has its CPUs', () => {
    expect(node.cpus).toEqual({
      online: [0, 1, 2, 3, 4, 5, 6, 7, 10],
      isolated: [2, 3],
      numaNodes: 2,
      byNumaNode: [
        { numaNode: 0, cpus: [0, 1, 2, 3] },
        { numaNode: 1, cpus: [4, 5, 6, 7, 10] },
      ],
    });
  });

  it('does not count the groups that VFIO makes without an IOMMU', () => {
    expect(node.iommu).toEqual({ enabled: true, groups: 2 });
  });

  it('has its modules', () => {
    expect(node.modules).toMatchObject({
      vfio_pci: 'loaded',
      igb_uio: 'available',
      mlx5_vdpa: 'available',
      tun: 'builtin',
      ena: 'missing',
    });
  });
});

describe('huge pages without counts by NUMA node', () => {
  it('are those of the whole machine', () => {
    const dir = 'sys/kernel/mm/hugepages/hugepages-2048kB';
    const tree = { ...base('x'), [`${dir}/nr_hugepages`]: '16\n', [`${dir}/free_hugepages`]: '3\n' };
    expect(probed(tree).node.hugepages).toEqual([{ sizeKiB: 2048, numaNode: null, total: 16, free: 3 }]);
  });

  it('are read from meminfo as a last resort', () => {
    const meminfo = 'MemTotal: 1 kB\nHugePages_Total:       8\nHugePages_Free:        7\nHugepagesize:       2048 kB\n';
    expect(probed({ 'proc/meminfo': meminfo }).node.hugepages).toEqual([
      { sizeKiB: 2048, numaNode: null, total: 8, free: 7 },
    ]);
  });
});

describe('a tree with next to nothing in it', () => {
  it('gives a report of nulls', () => {
    const report = probed({ sys: null });
    expect(nodeReportSchema.parse(report)).toMatchObject({
      node: { name: null, kernel: null, arch: null, cpus: { online: [], isolated: [], numaNodes: 0 } },
      nics: [],
    });
    expect(evidenceOf(report, 'kernel')).toEqual([['/proc/sys/kernel/osrelease', null]]);
  });

  it('leaves out a NIC without readable ids, and says so', () => {
    const tree = { ...base('x'), ...nic({ at: '0000:01:00.0', ids: 'zz:1', driver: 'ice' }) };
    const report = probed(tree);
    expect(report.nics).toEqual([]);
    expect(evidenceOf(report, 'nic 0000:01:00.0')).toEqual([['/sys/bus/pci/devices/0000:01:00.0', null]]);
  });

  it.each<[string, Tree]>([
    ['neither sys nor proc', { etc: null }],
    ['nothing', {}],
  ])('is refused when there is %s', (_, tree) => {
    expect(() => probed(tree)).toThrow(expect.objectContaining({ code: 'VDPA-PLATFORM-001', exitCode: 2 }));
  });
});

it('does not let the SSH session of the reader into a captured tree', () => {
  const env = { SSH_CONNECTION: '198.51.100.99 50000 192.0.2.2 22' };
  const reasons = withTree(virtioUplink, (root) => probe({ root, env }).nics[0]?.uplinkReasons);
  expect(reasons?.join()).not.toContain('SSH');
});

describe('the running machine', () => {
  it('is reported by the schema, and quickly', () => {
    probe();
    const before = process.cpuUsage();
    const report = probe({ env: process.env });
    const { user, system } = process.cpuUsage(before);
    // CPU time, which others on the machine cannot take: ten times what it needs.
    expect((user + system) / 1000).toBeLessThan(100);
    expect(() => nodeReportSchema.parse(report)).not.toThrow();
    expect(report.node.kernel).not.toBeNull();
    expect(report.node.cpus.online.length).toBeGreaterThan(0);
  });
});
