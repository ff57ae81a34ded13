// SPDX-License-Identifier: Apache-2.0

import type { Nic } from '../node-report.ts';
import { dpdkDriver } from './dpdk-nic-ids.ts';
import { hasIds, type NicIds } from './nic-ids.ts';
import { type VdpaNic, vdpaNic } from './vdpa-drivers.ts';

interface KindRule {
  readonly kind: Nic['kind'];
  /** What the ids say, and whose table says so. */
  readonly why: string;
  readonly vendor: string;
  readonly devices: readonly string[];
}

const rules: readonly KindRule[] = [
  // The virtio specification 1.2, 4.1.2: 0x1040 and the device type, network being 1; transitional ones are 0x1000.
  { kind: 'virtio', why: 'virtio-net 1.0: the virtio specification', vendor: '1af4', devices: ['1041'] },
  { kind: 'virtio', why: 'transitional virtio-net: the virtio specification', vendor: '1af4', devices: ['1000'] },
  {
    kind: 'ena',
    // ena_pci_id_tbl.h: VF, VF with LLQ, PF, PF with LLQ. DPDK's driver has the two virtual functions only.
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
  // Before virtio: an IFCVF carries virtio's ids and differs only in its subsystem.
  const vdpa = vdpaNic(ids);
  if (vdpa !== null) return { kind: 'vdpa', why: `${vdpa.name}: ${driversOf(vdpa)}` };
  const rule = rules.find((candidate) => hasIds(ids, candidate));
  if (rule !== undefined) return { kind: rule.kind, why: rule.why };
  const driver = dpdkDriver(ids.vendor, ids.device);
  if (driver !== null) return { kind: 'dpdk', why: `poll-mode driver: DPDK drivers/net/${driver}` };
  return { kind: 'other', why: 'in no table of vDPA, virtio, ENA or DPDK poll-mode drivers' };
}

function driversOf({ dpdk, kernel }: VdpaNic): string {
  const parts = [dpdk === null ? null : `DPDK drivers/vdpa/${dpdk}`, kernel === null ? null : `Linux ${kernel}`];
  return parts.filter((part) => part !== null).join(', ');
}
