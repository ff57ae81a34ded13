// SPDX-License-Identifier: Apache-2.0
import { playThrough } from './helpers/scenario.ts';
import { throughStack } from './helpers/traffic.ts';
import { startVduseNic } from './helpers/vduse-nic.ts';
import { baremetalVdpa } from './machines.ts';

const mac = '52:54:00:00:02:01';

playThrough({
  machine: baremetalVdpa,
  config: 'memory: { workloadMiB: 512 }\nnics: { include: [vd0] }\n',
  setUp: async (guest) => {
    await startVduseNic(guest, mac, 'vd0');
  },
  uplink: '0000:01:00.0',
  decision: {
    provider: 'baremetal',
    backend: 'vhost-vdpa',
    devices: { vd0: null },
    because: [/^VDUSE device is vd0 \(\/sys\/class\/vduse\/vd0\)$/],
    rejected: {
      'device:0000:01:00.0': /uplink/,
      'backend:dpdk-vdpa': /./,
      'provider:aws': /./,
    },
  },
  mended: ['VDPA-DEVICE-003', 'VDPA-MODULE-002', 'VDPA-HUGE-002'],
  traffic: (guest) => throughStack(guest, 'vd0', 'data0', mac),
});
