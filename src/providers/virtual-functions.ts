// SPDX-License-Identifier: Apache-2.0

import type { Creation } from '../backends/fit/fit.ts';
import type { Nic } from '../platform/node-report.ts';
import { kindOf } from '../platform/pci/nic-kind.ts';

/** A NIC that may be given away. */
export interface OfferedNic {
  readonly nic: Nic;
  /** What makes it, where it is not there yet. */
  readonly create: readonly Creation[];
}

/**
 * The virtual functions that a physical function will have after `count` of them were made, as they will look: none where
 * it can have none or has some already. Their addresses follow from its SR-IOV capability, so that a plan names them
 * before they are there.
 */
export function virtualFunctions(pf: Nic, count: number): readonly OfferedNic[] {
  const { sriov } = pf;
  if (sriov === null || sriov.isVf || sriov.numVfs > 0 || sriov.totalVfs === 0) return [];
  const { vfOffset, vfStride, vfDevice } = sriov;
  if (vfOffset === null || vfStride === null) return [];
  const wanted = Math.min(count, sriov.totalVfs);
  // A virtual function is another device than its physical one, and may be another kind: that of an EF100 is a vDPA NIC.
  const device = vfDevice ?? pf.device;
  const { kind } = kindOf({ ...pf, device });
  return Array.from({ length: wanted }, (_, index) => ({
    nic: {
      ...pf,
      pciAddress: addressAfter(pf.pciAddress, vfOffset + index * vfStride),
      device,
      kind,
      driver: null,
      netdevs: [],
      mac: null,
      iommuGroup: null,
      sriov: { ...sriov, totalVfs: 0, numVfs: 0, isVf: true, pf: pf.pciAddress },
    },
    create: [{ kind: 'vf' as const, pf: pf.pciAddress, count: wanted }],
  }));
}

/** The PCI address whose routing id (bus, device, function as 16 bits) is `distance` after that of another. */
export function addressAfter(pciAddress: string, distance: number): string {
  const [domain = '0000', bus = '0', rest = '0.0'] = pciAddress.split(':');
  const [device = '0', fn = '0'] = rest.split('.');
  const routingId =
    ((Number.parseInt(bus, 16) << 8) | (Number.parseInt(device, 16) << 3) | Number.parseInt(fn, 16)) + distance;
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  return `${domain}:${hex((routingId >> 8) & 0xff)}:${hex((routingId >> 3) & 0x1f)}.${routingId & 7}`;
}
