// SPDX-License-Identifier: Apache-2.0

import type { Nic } from '../node-report.ts';
import { dpdkDriver } from './dpdk-nic-ids.ts';

export interface NicIds {
  readonly vendor: string;
  readonly device: string;
  readonly subsystemVendor: string | null;
  readonly subsystemDevice: string | null;
}

interface KindRule {
  readonly kind: Nic['kind'];
  /** What the ids say, and whose table says so. */
  readonly why: string;
  readonly vendor: string;
  readonly devices: readonly string[];
  /** Subsystem vendor and device, `8086:001a`, where the ids alone say too little. */
  readonly subsystem?: string;
}

/** First match wins: an IFCVF carries virtio's ids and differs only in its subsystem. */
const rules: readonly KindRule[] = [
  {
    kind: 'vdpa',
    why: 'ConnectX-6 Dx or later: DPDK drivers/vdpa/mlx5, Linux drivers/vdpa/mlx5',
    vendor: '15b3',
    // ConnectX-6 Dx, VF of ConnectX-6 Dx and later, 6 Lx, 7, 8, 9, BlueField-2, 3, 4. ConnectX-6 (101b, 101c) is not among
    // them, though the DPDK driver takes its ids: the hardware lacks what it takes.
    devices: ['101d', '101e', '101f', '1021', '1023', '1025', 'a2d6', 'a2dc', 'a2df'],
  },
  {
    kind: 'vdpa',
    why: 'IFCVF: DPDK drivers/vdpa/ifc, Linux drivers/vdpa/ifcvf',
    vendor: '1af4',
    devices: ['1041'],
    subsystem: '8086:001a',
  },
  {
    kind: 'vdpa',
    why: 'IFCVF C5000X-PL: DPDK drivers/vdpa/ifc, Linux drivers/vdpa/ifcvf',
    vendor: '1af4',
    devices: ['1000'],
    subsystem: '8086:0001',
  },
  // Of these two the drivers take virtual functions only.
  { kind: 'vdpa', why: 'EF100 VF: DPDK drivers/vdpa/sfc', vendor: '10ee', devices: ['1100'] },
  { kind: 'vdpa', why: 'NFP VF: DPDK drivers/vdpa/nfp', vendor: '19ee', devices: ['6003', '3803'] },
  { kind: 'vdpa', why: 'NFP VF: DPDK drivers/vdpa/nfp', vendor: '1da8', devices: ['6003', '3803'] },
  { kind: 'vdpa', why: 'Pensando vDPA VF: Linux drivers/vdpa/pds', vendor: '1dd8', devices: ['100b'] },
  { kind: 'virtio', why: 'virtio-net 1.0: the virtio specification', vendor: '1af4', devices: ['1041'] },
  { kind: 'virtio', why: 'transitional virtio-net: the virtio specification', vendor: '1af4', devices: ['1000'] },
  {
    kind: 'ena',
    why: 'Elastic Network Adapter: Linux drivers/net/ethernet/amazon/ena',
    vendor: '1d0f',
    devices: ['ec20', 'ec21', '0ec2', '1ec2'],
  },
];

export interface KindVerdict {
  readonly kind: Nic['kind'];
  readonly why: string;
}

/** What a NIC can be used as, by its PCI ids alone. */
export function kindOf(ids: NicIds): KindVerdict {
  const subsystem = `${ids.subsystemVendor}:${ids.subsystemDevice}`;
  for (const rule of rules) {
    if (rule.vendor !== ids.vendor || !rule.devices.includes(ids.device)) continue;
    if (rule.subsystem === undefined || rule.subsystem === subsystem) return { kind: rule.kind, why: rule.why };
  }
  const driver = dpdkDriver(ids.vendor, ids.device);
  if (driver !== null) return { kind: 'dpdk', why: `poll-mode driver: DPDK drivers/net/${driver}` };
  return { kind: 'other', why: 'in no table of vDPA, virtio, ENA or DPDK poll-mode drivers' };
}
