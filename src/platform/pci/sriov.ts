// SPDX-License-Identifier: Apache-2.0
import { parseCount, pciAddressPattern } from '../fields.ts';
import type { Nic } from '../node-report.ts';
import type { RootFs } from '../root-fs.ts';

/** The place of a PCI function in SR-IOV: physical, virtual (with its physical one), or null where it has none. */
export function readSriov(fs: RootFs, dir: string): Nic['sriov'] {
  const pf = fs.linkName(`${dir}/physfn`);
  if (pf !== null) return { totalVfs: 0, numVfs: 0, isVf: true, pf: pciAddressPattern.test(pf) ? pf : null };
  const totalVfs = parseCount(fs.readText(`${dir}/sriov_totalvfs`));
  const numVfs = parseCount(fs.readText(`${dir}/sriov_numvfs`));
  return totalVfs === null ? null : { totalVfs, numVfs: numVfs ?? 0, isVf: false, pf: null };
}
