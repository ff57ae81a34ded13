// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { vdpaDrivers } from '../../../src/platform/pci/vdpa-drivers.ts';

it.each([
  ['15b3:101d', '15b3:0016', { dpdk: 'mlx5', kernel: 'mlx5_vdpa', needsVf: false, kernelNeedsVf: true }],
  ['15b3:101e', '15b3:0016', { dpdk: 'mlx5', kernel: 'mlx5_vdpa', needsVf: false, kernelNeedsVf: true }],
  ['1af4:1041', '8086:001a', { dpdk: 'ifc', kernel: 'ifcvf', needsVf: false, kernelNeedsVf: false }],
  ['1af4:1000', '8086:0001', { dpdk: 'ifc', kernel: 'ifcvf', needsVf: false, kernelNeedsVf: false }],
  ['10ee:1100', '10ee:0001', { dpdk: 'sfc', kernel: null, needsVf: true, kernelNeedsVf: true }],
  ['19ee:6003', '19ee:4000', { dpdk: 'nfp', kernel: null, needsVf: true, kernelNeedsVf: true }],
  ['1dd8:100b', '1dd8:4000', { dpdk: null, kernel: 'pds_vdpa', needsVf: true, kernelNeedsVf: true }],
  ['177d:ba03', '177d:ba03', { dpdk: null, kernel: 'octep_vdpa', needsVf: true, kernelNeedsVf: true }],
  ['1af4:1041', '1af4:1041', null],
  ['1af4:1000', '1af4:0001', null],
  ['15b3:1017', '15b3:0016', null],
  ['10ee:0100', '10ee:0001', null],
  ['8086:10fb', '8086:0003', null],
])('%s with subsystem %s', (ids, subsystem, expected) => {
  const [vendor = '', device = ''] = ids.split(':');
  const [subsystemVendor = null, subsystemDevice = null] = subsystem.split(':');
  expect(vdpaDrivers({ vendor, device, subsystemVendor, subsystemDevice })).toEqual(expected);
});
