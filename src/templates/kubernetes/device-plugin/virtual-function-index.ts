// SPDX-License-Identifier: Apache-2.0
import type { Nic } from '../../../platform/node-report.ts';

/** The how-manieth virtual function of its physical one this is, from 0; -1: it is none; null: the report does not tell. */
export function virtualFunctionIndex(nic: Nic, all: readonly Nic[]): number | null {
  if (nic.sriov?.isVf !== true) return -1;
  const pf = all.find(({ pciAddress }) => pciAddress === nic.sriov?.pf);
  const offset = pf?.sriov?.vfOffset ?? null;
  const stride = pf?.sriov?.vfStride ?? null;
  if (pf === undefined || offset === null || stride === null || stride === 0) return null;
  const index = (routingId(nic.pciAddress) - routingId(pf.pciAddress) - offset) / stride;
  return Number.isInteger(index) && index >= 0 ? index : null;
}

/** Bus, device and function as the 16 bits that they are on PCI. */
function routingId(pciAddress: string): number {
  const [bus = '0', rest = '0.0'] = pciAddress.split(':').slice(-2);
  const [device = '0', fn = '0'] = rest.split('.');
  return (Number.parseInt(bus, 16) << 8) | (Number.parseInt(device, 16) << 3) | Number.parseInt(fn, 16);
}
