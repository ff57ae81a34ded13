// SPDX-License-Identifier: Apache-2.0
import { playThrough } from './helpers/scenario.ts';
import { throughStack } from './helpers/traffic.ts';
import { alibaba } from './machines.ts';

const device = '0000:02:00.0';

playThrough({
  machine: alibaba,
  config: 'local: { cpus: [1] }\nmemory: { workloadMiB: 256 }\n',
  uplink: '0000:01:00.0',
  decision: {
    provider: 'alibaba',
    backend: 'testpmd',
    devices: { [device]: 'vfio-pci' },
    because: [/^firmware is Alibaba Cloud \(.*sys_vendor\)$/, /^firmware is Alibaba Cloud ECS \(.*product_name\)$/],
    rejected: {
      'backend:dpdk-vdpa': /vDPA daemon/,
      'backend:vhost-vdpa': /vp_vdpa/,
      'device:0000:01:00.0': /uplink/,
      'provider:aws': /EC2/,
      'provider:baremetal': /less than/,
    },
  },
  mended: ['VDPA-DEVICE-003', 'VDPA-MODULE-002', 'VDPA-HUGE-002'],
  traffic: (guest) => throughStack(guest, device, 'data0', '52:54:00:00:02:01'),
});
