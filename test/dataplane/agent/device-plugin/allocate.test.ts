// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { allocate } from '../../../../dataplane/agent/device-plugin/allocate.ts';
import { backendSpec, kernelSpec } from '../../../fixtures/backend-spec.ts';

const specs = [
  backendSpec('local0'),
  backendSpec('local1'),
  kernelSpec('vd0', { path: '/dev/vhost-vdpa-3' }),
  kernelSpec('0000:65:00.2', { path: '/dev/vhost-vdpa-0' }),
];

it('names the devices as the other device plugin does', () => {
  expect(allocate(['local1', 'local0'], specs)).toEqual({
    envs: { PCIDEVICE_VDPACTL_IO_VDPA: 'local1,local0' },
    devices: [],
  });
});

it('gives the character devices of those that have one, to read and write', () => {
  const device = (path: string) => ({ container_path: path, host_path: path, permissions: 'rw' });
  expect(allocate(['vd0', '0000:65:00.2'], specs)).toEqual({
    envs: { PCIDEVICE_VDPACTL_IO_VDPA: 'vd0,0000:65:00.2' },
    devices: [device('/dev/vhost-vdpa-3'), device('/dev/vhost-vdpa-0')],
  });
});

it('gives nothing where one is not offered', () => {
  expect(allocate(['local0', 'local7'], specs)).toBeNull();
});
