// SPDX-License-Identifier: Apache-2.0
import type { Nic, NodeFacts } from '../../platform/node-report.ts';
import { dpdkDriver } from '../../platform/pci/dpdk-nic-ids.ts';
import { type FitOptions, type FitVerdict, hasModule } from './fit.ts';

/** Kernel drivers that share a NIC with DPDK: it stays bound to them (DPDK's guides call these bifurcated). */
const bifurcated: readonly string[] = ['mlx4_core', 'mlx5_core', 'mana'];

/** The DPDK drivers that are bifurcated, with the kernel driver that a NIC of theirs has to be bound to. */
const bifurcatedBy: Readonly<Record<string, string>> = { mlx4: 'mlx4_core', mlx5: 'mlx5_core', mana: 'mana' };

const moduleOf = { 'vfio-pci': 'vfio_pci', uio_pci_generic: 'uio_pci_generic', igb_uio: 'igb_uio' } as const;

/** How a NIC is handed to a DPDK program. `why` says what the program then does with it. */
export function handToUserSpace(nic: Nic, node: NodeFacts, options: FitOptions, why: string): FitVerdict {
  const kernelDriver = bifurcatedBy[dpdkDriver(nic.vendor, nic.device) ?? ''];
  if (kernelDriver !== undefined) {
    if (nic.driver !== null && bifurcated.includes(nic.driver)) {
      return {
        fit: { driver: null, why: `${why}; stays with ${nic.driver}`, create: [], modules: [], noIommu: false },
      };
    }
    if (!hasModule(node, kernelDriver)) {
      return { misfit: `DPDK shares it with the kernel's ${kernelDriver}, which is missing` };
    }
    const shared = `${why}; bound to ${kernelDriver}, with which DPDK shares it`;
    return { fit: { driver: kernelDriver, why: shared, create: [], modules: [kernelDriver], noIommu: false } };
  }
  const driver = options.userDriver;
  const moduleName = moduleOf[driver];
  const bound = nic.driver === driver;
  if (!bound && !hasModule(node, moduleName)) return { misfit: `the kernel has no ${driver}` };
  // The uio drivers have no use for an IOMMU: they leave the device to whoever opens it, with all memory that it can reach.
  const confines = driver === 'vfio-pci';
  const isolated = confines && nic.iommuGroup !== null && node.iommu.enabled;
  // A virtual function shows its group only once it is there; an IOMMU that has others will have it too.
  const noIommu = !isolated && !(confines && node.iommu.enabled && nic.sriov?.isVf === true && nic.driver === null);
  if (noIommu && !options.noIommu) {
    const remedy = confines || !node.iommu.enabled ? 'switch the IOMMU on' : 'set nics.driver: vfio-pci';
    return {
      misfit: `no IOMMU isolates it${confines ? '' : ` with ${driver}`}: whoever has it could read and write all memory; ${remedy}, or set nics.noIommu: allow`,
    };
  }
  const how = bound ? `already with ${driver}` : `bound to ${driver}`;
  const modules = driver === 'vfio-pci' && !noIommu ? [moduleName, 'vfio_iommu_type1'] : [moduleName];
  const known = modules.filter((name) => hasModule(node, name) || !bound);
  return {
    fit: { driver, why: `${why}; ${how}${noIommu ? ', without an IOMMU' : ''}`, create: [], modules: known, noIommu },
  };
}
