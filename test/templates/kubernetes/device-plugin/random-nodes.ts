// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import type { Nic, NodeReport } from '../../../../src/platform/node-report.ts';
import { nicReport, nodeReport } from '../../../fixtures/reports.ts';

/** Nodes as no data centre has them: any NIC with any driver, uplinks everywhere. */

const models: readonly Partial<Nic>[] = [
  { vendor: '1af4', device: '1041', kind: 'virtio' },
  { vendor: '1af4', device: '1000', subsystemVendor: '1af4', subsystemDevice: '0001', kind: 'virtio' },
  { vendor: '1af4', device: '1041', subsystemVendor: '8086', subsystemDevice: '001a', kind: 'vdpa' },
  { vendor: '1d0f', device: 'ec20', kind: 'ena' },
  { vendor: '8086', device: '10c9', kind: 'dpdk' },
  { vendor: '8086', device: '10ca', kind: 'dpdk' },
  { vendor: '15b3', device: '101d', kind: 'vdpa' },
  { vendor: '15b3', device: '101e', kind: 'vdpa' },
  { vendor: '10ec', device: '8168', kind: 'other' },
];

const drivers = [null, 'virtio-pci', 'vfio-pci', 'uio_pci_generic', 'mlx5_core', 'ena', 'igb', 'vp-vdpa', 'ifcvf'];
const noSriov = { isVf: false, pf: null, vfOffset: null, vfStride: null, vfDevice: null };

/** One function a PCI device, and virtual functions that appear sixteen devices further. */
function nicAt(index: number): fc.Arbitrary<Nic> {
  const pciAddress = `0000:0${index % 3}:0${(index % 10).toString(16)}.0`;
  const sriov: fc.Arbitrary<Nic['sriov']> = fc.constantFrom(
    null,
    { ...noSriov, totalVfs: 4, numVfs: 0, vfOffset: 128, vfStride: 1, vfDevice: '10ca' },
    { ...noSriov, totalVfs: 4, numVfs: 2, vfOffset: 128, vfStride: 1, vfDevice: '10ca' },
    { ...noSriov, totalVfs: 0, numVfs: 0, isVf: true, pf: '0000:00:1f.0' },
  );
  const vdpa: fc.Arbitrary<Nic['vdpa']> = fc.constantFrom(
    null,
    null,
    null,
    null,
    { name: `vdpa${index}`, mgmtdev: `pci/${pciAddress}`, path: `/dev/vhost-vdpa-${index}` },
    { name: `vdpa${index}`, mgmtdev: `pci/${pciAddress}`, path: null },
    { name: `vdpa${index}`, mgmtdev: null, path: `/dev/vhost-vdpa-${index}` },
  );
  return fc
    .record({
      model: fc.constantFrom(...models),
      driver: fc.constantFrom(...drivers),
      sriov,
      vdpa,
      uplink: fc.constantFrom(false, false, false, true),
      iommuGroup: fc.constantFrom(null, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    })
    .map(({ model, ...rest }) => nicReport({ ...model, ...rest, pciAddress, netdevs: [`eth${index}`] }));
}

const modules = fc
  .subarray(['vp_vdpa', 'eni_vdpa', 'ifcvf', 'mlx5_vdpa', 'vhost_vdpa', 'vduse'])
  .chain((names) => fc.constantFrom(names, [...names, 'vfio_pci', 'vfio_iommu_type1', 'uio_pci_generic']))
  .map((names) => Object.fromEntries(names.map((name) => [name, 'available' as const])));

/** A node with up to six NICs. */
export function randomNode(name: string): fc.Arbitrary<NodeReport> {
  return fc
    .record({
      nics: fc.subarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], { maxLength: 6 }).chain((at) => fc.tuple(...at.map(nicAt))),
      sysVendor: fc.constantFrom('Amazon EC2', 'Alibaba Cloud', 'Dell Inc.', null),
      kernel: fc.constantFrom('6.1.0', '5.15.0'),
      iommu: fc.constantFrom(true, true, false),
      modules,
      vduse: fc.constantFrom<string[]>([], [], [], [], [], ['vd0']),
    })
    .map(({ nics, sysVendor, kernel, iommu, modules, vduse }) =>
      nodeReport({
        node: {
          name,
          kernel,
          modules,
          iommu: { enabled: iommu, groups: 4 },
          dmi: { sysVendor, productName: null, chassisAssetTag: null },
          vdpa: { managementDevices: [], devices: [], vduse },
        },
        nics,
      }),
    );
}

/** A config that says something about NICs. */
export const randomNicsConfig = fc.record({
  nics: fc.record({
    virtualFunctions: fc.constantFrom(0, 3),
    noIommu: fc.constantFrom('auto', 'allow', 'deny'),
    driver: fc.constantFrom('vfio-pci', 'uio_pci_generic'),
    exclude: fc.subarray(['8086:10ca', '0000:00:03.0', '15b3:101d']),
  }),
});
