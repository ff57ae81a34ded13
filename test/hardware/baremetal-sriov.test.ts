// SPDX-License-Identifier: Apache-2.0
import { playThrough } from './helpers/scenario.ts';
import { nameVirtualFunction, throughStack } from './helpers/traffic.ts';
import { baremetalSriov } from './machines.ts';

const physical = '0000:02:00.0';
const [first, second] = ['0000:02:10.0', '0000:02:10.2'];
const mac = '52:54:00:00:02:10';

playThrough({
  machine: baremetalSriov,
  config: 'local: { cpus: [1] }\nmemory: { workloadMiB: 256 }\nnics: { virtualFunctions: 2 }\n',
  // The virtual functions of this NIC know no link while their physical function is down.
  setUp: async (guest) => {
    await guest.get(`ip link set "$(ls /sys/bus/pci/devices/${physical}/net)" up; sleep 3`);
  },
  uplink: '0000:01:00.0',
  decision: {
    provider: 'baremetal',
    backend: 'testpmd',
    devices: { [first]: 'vfio-pci', [second]: 'vfio-pci' },
    because: [],
    rejected: {
      'device:0000:01:00.0': /uplink/,
      [`device:${physical}`]: /2 virtual functions are offered instead/,
      'provider:aws': /./,
    },
  },
  mended: ['VDPA-MODULE-002', 'VDPA-HUGE-002'],
  traffic: async (guest) => {
    await nameVirtualFunction(guest, physical, 0, mac);
    return throughStack(guest, first, 'data0', mac);
  },
});
