// SPDX-License-Identifier: Apache-2.0
import { parseCount, parseHex, pciAddressPattern } from '../fields.ts';
import type { Nic } from '../node-report.ts';
import type { RootFs } from '../root-fs.ts';

/** The place of a PCI function in SR-IOV: physical, virtual (with its physical one), or null where it has none. */
export function readSriov(fs: RootFs, dir: string): Nic['sriov'] {
  const pf = fs.linkName(`${dir}/physfn`);
  if (pf !== null) {
    const address = pciAddressPattern.test(pf) ? pf : null;
    return { totalVfs: 0, numVfs: 0, isVf: true, pf: address, vfOffset: null, vfStride: null, vfDevice: null };
  }
  const count = (file: string) => parseCount(fs.readText(`${dir}/${file}`));
  const totalVfs = count('sriov_totalvfs');
  if (totalVfs === null) return null;
  return {
    totalVfs,
    numVfs: count('sriov_numvfs') ?? 0,
    isVf: false,
    pf: null,
    // Since Linux 4.14. A device may want its number of virtual functions set before these two are right.
    vfOffset: count('sriov_offset'),
    vfStride: count('sriov_stride'),
    // The kernel prints this one without `0x`, and not always in four digits.
    vfDevice: parseHex(fs.readText(`${dir}/sriov_vf_device`)?.replace(/^0x/, '').padStart(4, '0') ?? null, 4),
  };
}
