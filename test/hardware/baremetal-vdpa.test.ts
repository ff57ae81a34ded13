// SPDX-License-Identifier: Apache-2.0
import type { Guest } from './helpers/guest.ts';
import { playThrough } from './helpers/scenario.ts';
import { throughStack } from './helpers/traffic.ts';
import { baremetalVdpa } from './machines.ts';

playThrough({
  machine: baremetalVdpa,
  config: 'memory: { workloadMiB: 512 }\nnics: { include: [vd0] }\n',
  setUp: startVduseNic,
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
  traffic: (guest) => throughStack(guest, 'vd0', 'data0', '52:54:00:00:02:01'),
});

/**
 * The stand-in for a NIC that makes vDPA devices: a program between a VDUSE device and the cable. It has huge pages of its
 * own, and room for those of the workload, which it keeps mapped after that has ended.
 */
async function startVduseNic(guest: Guest): Promise<void> {
  await guest.get('modprobe vduse');
  const cable = (await guest.get("ip -oneline link | sed -nE 's/^[0-9]+: ([^:]+):.*52:54:00:00:02:01.*/\\1/p'")).trim();
  await guest.get(`ip link set ${cable} up promisc on; echo 192 >/proc/sys/vm/nr_hugepages`);
  const program = 'stdbuf -oL dpdk-testpmd --lcores 0@0,1@1 -m 192 --in-memory --single-file-segments --no-pci';
  const ports = `--vdev net_af_packet0,iface=${cable} --vdev net_vhost0,iface=/dev/vduse/vd0`;
  const options = '--disable-link-check --auto-start --forward-mode=io --nb-cores=1 --total-num-mbufs=16384';
  await guest.begin(
    'vduse-nic',
    `${program} --no-telemetry --file-prefix lab-nic ${ports} -- ${options} --stats-period 1`,
  );
  await guest.untilSaid('vduse-nic', 'io packet forwarding');
}
