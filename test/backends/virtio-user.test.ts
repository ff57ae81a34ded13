// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import type { Attachment } from '../../dataplane/contract/attachment.ts';
import { ealArguments } from '../../src/backends/virtio-user.ts';

const attachment = (device: string, path: string, change: Partial<Attachment> = {}): Attachment => ({
  device,
  interface: 'net1',
  mac: '02:00:00:00:00:01',
  queues: 1,
  queueSize: 1024,
  ips: [],
  'device-info': { type: 'vhost-user', version: '1.1.0', 'vhost-user': { mode: 'server', path } },
  ...change,
});
const common = ['--no-pci', '--in-memory', '--single-file-segments', '--iova-mode=va'];

it('makes the workload the server of each of its sockets, in the order of its interfaces', () => {
  const attachments = [
    attachment('local1', '/w/net1/vhost.sock', { queues: 2, queueSize: 256 }),
    attachment('0000:03:00.0', '/w/net2/vhost.sock', { mac: '02:00:00:00:00:02' }),
  ];
  expect(ealArguments(attachments)).toEqual([
    '--vdev=net_virtio_user0,path=/w/net1/vhost.sock,server=1,mac=02:00:00:00:00:01,queues=2,queue_size=256',
    '--vdev=net_virtio_user1,path=/w/net2/vhost.sock,server=1,mac=02:00:00:00:00:02,queues=1,queue_size=1024',
    ...common,
  ]);
});

it('opens the character device of the kernel, which has a MAC address of its own', () => {
  const vdpa = { 'parent-device': 'vdpa0', driver: 'vhost' as const, path: '/dev/vhost-vdpa-0' };
  const kernels = attachment('0000:03:00.0', '', {
    mac: null,
    'device-info': { type: 'vdpa', version: '1.1.0', vdpa },
  });
  expect(ealArguments([kernels])).toEqual([
    '--vdev=net_virtio_user0,path=/dev/vhost-vdpa-0,queues=1,queue_size=1024',
    ...common,
  ]);
});

it('gives no device where there is none', () => {
  expect(ealArguments([])).toEqual(common);
});
