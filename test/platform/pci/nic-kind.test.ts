// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { kindOf } from '../../../src/platform/pci/nic-kind.ts';

it.each([
  ['15b3:101d', '15b3:0001', 'vdpa', 'ConnectX-6 Dx'],
  ['15b3:101e', '15b3:0001', 'vdpa', 'VF of ConnectX-6 Dx or later'],
  ['15b3:1021', '15b3:0001', 'vdpa', 'ConnectX-7'],
  ['15b3:a2dc', '15b3:0001', 'vdpa', 'BlueField-3'],
  ['15b3:1023', '15b3:0001', 'dpdk', 'ConnectX-8'],
  ['15b3:a2d6', '15b3:0001', 'vdpa', 'BlueField-2'],
  ['15b3:101b', '15b3:0001', 'dpdk', 'ConnectX-6'],
  ['15b3:1017', '15b3:0001', 'dpdk', 'ConnectX-5'],
  ['1af4:1041', '8086:001a', 'vdpa', 'IFCVF'],
  ['1af4:1000', '8086:0001', 'vdpa', 'IFCVF C5000X-PL'],
  ['10ee:1100', '10ee:0001', 'vdpa', 'EF100 VF'],
  ['10ee:0100', '10ee:0001', 'dpdk', 'EF100 PF'],
  ['19ee:6003', '19ee:6003', 'vdpa', 'NFP-6000 VF'],
  ['19ee:3803', '19ee:3803', 'dpdk', 'NFP-3800 VF'],
  ['1da8:6003', '1da8:6003', 'dpdk', 'NFP-6000 VF of Corigine'],
  ['19ee:4000', '19ee:4000', 'dpdk', 'NFP-4000 PF'],
  ['1af4:1041', '1af4:1041', 'virtio', 'virtio-net 1.0'],
  ['1af4:1041', '8086:0000', 'virtio', 'virtio-net with an unknown subsystem'],
  ['1af4:1000', '1af4:0001', 'virtio', 'transitional virtio-net'],
  ['1d0f:ec20', '1d0f:ec20', 'ena', 'ENA'],
  ['1d0f:ec21', '1d0f:ec21', 'ena', 'ENA with LLQ'],
  ['1d0f:0ec2', '1d0f:0ec2', 'ena', 'ENA PF'],
  ['1d0f:1ec2', '1d0f:1ec2', 'ena', 'ENA PF with LLQ'],
  ['8086:10d3', '8086:0000', 'dpdk', '82574L'],
  ['8086:10c9', '8086:0000', 'dpdk', '82576'],
  ['8086:10fb', '8086:0000', 'dpdk', '82599'],
  ['8086:1572', '8086:0000', 'dpdk', 'X710'],
  ['8086:1592', '8086:0000', 'dpdk', 'E810'],
  ['8086:1889', '8086:0000', 'dpdk', 'AVF'],
  ['14e4:1750', '14e4:0000', 'dpdk', 'BCM57508'],
  ['15ad:07b0', '15ad:07b0', 'dpdk', 'vmxnet3'],
  ['1dd8:100b', '1dd8:4000', 'vdpa', 'Pensando vDPA VF'],
  ['177d:b903', '177d:b903', 'vdpa', 'Octeon CN106K endpoint VF'],
  ['1ae0:0042', '1ae0:0058', 'dpdk', 'gVNIC'],
  ['1af4:1000', '8086:0002', 'virtio', 'transitional virtio-net with the subsystem of a block device'],
  ['1414:00b9', '1414:00b9', 'dpdk', 'MANA PF'],
  ['1414:00ba', '1414:00ba', 'dpdk', 'MANA'],
  ['10ec:8168', '10ec:8168', 'other', 'RTL8168'],
  ['1af4:1042', '1af4:1042', 'other', 'virtio-blk'],
])('%s (%s) is %s: %s', (ids, subsystem, kind) => {
  const [vendor = '', device = ''] = ids.split(':');
  const [subsystemVendor = null, subsystemDevice = null] = subsystem.split(':');
  expect(kindOf({ vendor, device, subsystemVendor, subsystemDevice }).kind).toBe(kind);
});

it('knows a NIC whose subsystem cannot be read by its own ids', () => {
  const ids = { vendor: '1af4', device: '1041', subsystemVendor: null, subsystemDevice: null };
  expect(kindOf(ids)).toMatchObject({ kind: 'virtio' });
});
