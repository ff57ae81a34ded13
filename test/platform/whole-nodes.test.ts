// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Nic, NodeReport } from '../../src/platform/node-report.ts';
import { probe } from '../../src/platform/probe.ts';
import { cloudNodes } from '../fixtures/cloud-nodes.ts';
import { metalNodes } from '../fixtures/metal-nodes.ts';
import { type Tree, withTree } from '../fixtures/tree.ts';

const probed = (tree: Tree): NodeReport => withTree(tree, (root) => probe({ root }));

/** `0000:00:05.0 ena uplink` for each NIC. */
function outline({ nics }: NodeReport): string[] {
  return nics.map((nic) => [nic.pciAddress, nic.kind, ...(nic.uplink ? ['uplink'] : [])].join(' '));
}

function nicAt(report: NodeReport, pciAddress: string): Nic {
  const found = report.nics.find((candidate) => candidate.pciAddress === pciAddress);
  if (found === undefined) throw new Error(`no ${pciAddress} in the report`);
  return found;
}

it.each<[keyof typeof cloudNodes | keyof typeof metalNodes, boolean, string[]]>([
  ['awsC5n', false, ['0000:00:05.0 ena uplink', '0000:00:06.0 ena']],
  ['awsM5Metal', true, ['0000:7d:00.0 ena uplink', '0000:7e:00.0 ena']],
  ['alibabaEcs', false, ['0000:00:05.0 virtio uplink', '0000:00:06.0 virtio']],
  ['alibabaEbm', true, ['0000:3c:00.0 virtio uplink', '0000:3c:01.0 virtio']],
  ['gcp', false, ['0000:00:04.0 dpdk uplink', '0000:00:05.0 virtio']],
  ['azure', false, ['7870:00:00.0 dpdk', 'b2c4:00:02.0 dpdk uplink']],
  [
    'connectx6dx',
    true,
    [
      '0000:65:00.0 vdpa uplink',
      '0000:65:00.1 vdpa',
      '0000:65:00.2 vdpa',
      '0000:65:00.3 vdpa',
      '0000:65:00.4 vdpa',
      '0000:65:00.5 vdpa',
    ],
  ],
  ['ifcvfHost', true, ['0000:01:00.0 other uplink', '0000:b2:00.1 vdpa', '0000:b2:00.2 vdpa', '0000:b2:00.3 vdpa']],
  [
    'igb',
    true,
    ['0000:01:00.0 other uplink', '0000:03:00.0 dpdk', '0000:03:00.1 dpdk', '0000:03:10.0 dpdk', '0000:03:10.2 dpdk'],
  ],
  ['vduse', true, ['0000:01:00.0 other uplink']],
  ['laptopDocked', false, ['0000:00:14.3 other', '0000:00:1f.6 other uplink']],
])('%s: NICs, uplink, and whether an IOMMU isolates them (%s)', (name, iommu, expected) => {
  const report = probed({ ...cloudNodes, ...metalNodes }[name]);
  expect(outline(report)).toEqual(expected);
  expect(report.node.iommu.enabled).toBe(iommu);
});

it('names a cloud by the firmware, also of an Alibaba machine whose vendor is without the word', () => {
  const hint = (tree: Tree) =>
    probed(tree)
      .evidence.filter(({ claim }) => claim === 'cloud, by firmware')
      .map(({ source, value }) => `${source} ${value}`);
  expect(hint(cloudNodes.awsM5Metal)).toEqual(['/sys/class/dmi/id/sys_vendor aws (Amazon EC2)']);
  expect(hint(cloudNodes.alibabaEcs)).toEqual(['/sys/class/dmi/id/sys_vendor alibaba (Alibaba Cloud)']);
  expect(hint(cloudNodes.alibabaEbm)).toEqual(['/sys/class/dmi/id/product_name alibaba (Alibaba Cloud ECS)']);
  expect(hint(cloudNodes.azure)).toEqual([]);
  expect(hint(cloudNodes.gcp)).toEqual([]);
});

it('an ENA shows the BAR that its low-latency queues want', () => {
  expect(nicAt(probed(cloudNodes.awsC5n), '0000:00:06.0').prefetchableBars).toEqual([2]);
});

it('two sockets have their CPUs by node', () => {
  const { cpus } = probed(cloudNodes.awsM5Metal).node;
  expect(cpus.byNumaNode.map(({ numaNode, cpus: of }) => [numaNode, of.length, of[0], of.at(-1)])).toEqual([
    [0, 48, 0, 71],
    [1, 48, 24, 95],
  ]);
});

it('an Azure function that is enslaved shares the fate of its synthetic interface', () => {
  const report = probed(cloudNodes.azure);
  expect(nicAt(report, 'b2c4:00:02.0').uplinkReasons[0]).toBe(
    'enP45764s1 is below eth0, which has the address 10.0.0.4',
  );
  expect(nicAt(report, '7870:00:00.0').netdevs).toEqual(['enP30832s1']);
});

describe('ConnectX-6 Dx', () => {
  const report = probed(metalNodes.connectx6dx);

  it('has management devices of its virtual functions only, and says that they were inferred', () => {
    expect(report.node.vdpa.managementDevices).toEqual(
      [2, 3, 4, 5].map((fn) => ({ name: `pci/0000:65:00.${fn}`, pciAddress: `0000:65:00.${fn}` })),
    );
    expect(report.evidence.filter(({ claim }) => claim === 'vdpa management device pci/0000:65:00.3')).toEqual([
      {
        claim: 'vdpa management device pci/0000:65:00.3',
        source: '/sys/bus/auxiliary/drivers/mlx5_vdpa.vnet/mlx5_core.vnet.3',
        value: 'inferred from the driver',
      },
    ]);
  });

  it('has one vDPA device, the same for the node and for the function', () => {
    const device = { name: 'vdpa0', path: '/dev/vhost-vdpa-0', mgmtdev: 'pci/0000:65:00.2' };
    expect(report.node.vdpa.devices).toEqual([{ ...device, driver: 'vhost_vdpa', pciAddress: '0000:65:00.2' }]);
    expect(report.nics.filter(({ vdpa }) => vdpa !== null)).toMatchObject([
      { pciAddress: '0000:65:00.2', vdpa: device },
    ]);
  });

  it('says where the virtual functions of the free port would appear', () => {
    expect(nicAt(report, '0000:65:00.1').sriov).toMatchObject({
      numVfs: 0,
      vfOffset: 9,
      vfStride: 1,
      vfDevice: '101e',
    });
  });

  it('runs thick Multus', () => {
    expect(report.node.cni).toEqual({ configFiles: ['00-multus.conf', '10-flannel.conflist'], multus: 'thick' });
  });
});

it('IFCVF virtual functions belong to a physical function that is no NIC', () => {
  const report = probed(metalNodes.ifcvfHost);
  expect(report.nics.slice(1).map(({ sriov, driver }) => [sriov?.pf, driver])).toEqual([
    ['0000:b2:00.0', 'vfio-pci'],
    ['0000:b2:00.0', 'vfio-pci'],
    ['0000:b2:00.0', null],
  ]);
  expect(report.node.vfioNoIommu).toBe(false);
});

it('a VDUSE host has devices without a PCI function, one of them not yet on the vDPA bus', () => {
  expect(probed(metalNodes.vduse).node.vdpa).toEqual({
    managementDevices: [{ name: 'vduse', pciAddress: null }],
    devices: [{ name: 'vd0', driver: 'vhost_vdpa', path: '/dev/vhost-vdpa-0', pciAddress: null, mgmtdev: 'vduse' }],
    vduse: ['vd0', 'vd1'],
  });
});
