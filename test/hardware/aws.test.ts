// SPDX-License-Identifier: Apache-2.0
import { playThrough } from './helpers/scenario.ts';
import { throughStack } from './helpers/traffic.ts';
import { aws } from './machines.ts';

const device = '0000:02:00.0';

playThrough({
  machine: aws,
  config: 'local: { cpus: [1] }\nmemory: { workloadMiB: 256 }\n',
  uplink: '0000:01:00.0',
  decision: {
    provider: 'aws',
    backend: 'testpmd',
    devices: { [device]: 'vfio-pci' },
    because: [/^firmware is Amazon EC2 \(.*sys_vendor\)$/],
    rejected: {
      'device:0000:01:00.0': /uplink/,
      'provider:alibaba': /./,
    },
  },
  mended: ['VDPA-DEVICE-003', 'VDPA-MODULE-002', 'VDPA-HUGE-002'],
  traffic: (guest) => throughStack(guest, device, 'data0', '52:54:00:00:02:01'),
});
