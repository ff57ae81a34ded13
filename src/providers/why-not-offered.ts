// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../config/config-schema.ts';
import type { Nic, NodeReport } from '../platform/node-report.ts';

/** Why a NIC is not given away, whatever backend there is; null when it may be. The uplink rule comes first. */
export function whyNotOffered(nic: Nic, report: NodeReport, nics: Config['nics']): string | null {
  const named = nics.include?.some((selector) => selects(selector, nic)) ?? false;
  if (nic.uplink) {
    const overruled = named ? '; nics.include names it, and nothing overrides this rule' : '';
    return `is an uplink (${nic.uplinkReasons.join('; ')}): never offered, bound or reset${overruled}`;
  }
  if (nics.include !== null && !named) return 'is not in nics.include';
  const excluded = nics.exclude.find((selector) => selects(selector, nic));
  if (excluded !== undefined) return `is excluded (nics.exclude: ${excluded})`;
  const companion = uplinkInGroup(nic, report.nics);
  if (companion !== null) return `shares IOMMU group ${nic.iommuGroup} with the uplink ${companion}`;
  if (nic.sriov !== null && !nic.sriov.isVf && nic.sriov.numVfs > 0) {
    return `has ${nic.sriov.numVfs} virtual functions, which are offered instead`;
  }
  return null;
}

/** `0000:65:00.2`, or `15b3:101e` for every NIC of these ids. */
export function selects(selector: string, nic: Nic): boolean {
  return selector === nic.pciAddress || selector === `${nic.vendor}:${nic.device}`;
}

/** VFIO takes a group as a whole: with the one goes the other. */
function uplinkInGroup(nic: Nic, all: readonly Nic[]): string | null {
  if (nic.iommuGroup === null) return null;
  const companion = all.find(
    (other) => other.uplink && other.iommuGroup === nic.iommuGroup && other.pciAddress !== nic.pciAddress,
  );
  return companion?.pciAddress ?? null;
}
