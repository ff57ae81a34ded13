// SPDX-License-Identifier: Apache-2.0
import type { Nic, NodeFacts } from '../../platform/node-report.ts';
import { vdpaDrivers } from '../../platform/pci/vdpa-drivers.ts';
import { type Creation, type Fit, type FitDevice, type FitVerdict, hasModule } from './fit.ts';

const noCopy = 'the kernel hands its rings to the workload (vhost-vdpa), no copy';

/** vhost-vdpa takes what the kernel can make a vDPA device of, or has already. */
export const fitVhostVdpa: FitDevice = (nic, node) => {
  if (!hasModule(node, 'vhost_vdpa')) return { misfit: 'the kernel has no vhost_vdpa' };
  if (nic.vdpa !== null) return withoutIommu(nic, nic.driver, node) ?? existing(nic.vdpa.name, node);
  const mgmtdev = node.vdpa.managementDevices.find(({ pciAddress }) => pciAddress === nic.pciAddress);
  if (mgmtdev !== undefined) {
    const made = fits(null, `${noCopy}; made by ${mgmtdev.name}`, [vdpaDevice(nic, mgmtdev.name)], []);
    return withoutIommu(nic, nic.driver, node) ?? made;
  }
  return nic.kind === 'virtio' ? virtio(nic, node) : vendor(nic, node);
};

/**
 * Drivers whose devices reach memory through the machine's IOMMU: those that give the kernel neither set_map nor dma_map
 * (Linux drivers/vdpa). Those of NICs with a translation of their own (mlx5) do without.
 */
const needIommu = ['vp-vdpa', 'alibaba-eni-vdpa', 'ifcvf', 'pds_core', 'octep_vdpa'];

/** Why vhost_vdpa could not open the device (ENOTSUPP, Linux drivers/vhost/vdpa.c, vhost_vdpa_alloc_domain); null: it can. */
function withoutIommu(nic: Nic, driver: string | null, node: NodeFacts): FitVerdict | null {
  if (driver === null || !needIommu.includes(driver)) return null;
  if (nic.iommuGroup !== null && node.iommu.enabled) return null;
  return { misfit: `no IOMMU maps memory for it, without which vhost_vdpa opens no device of ${driver}` };
}

/** A vDPA device that is there: PCI or not. */
export function existing(name: string, node: NodeFacts): FitVerdict {
  const device = node.vdpa.devices.find((candidate) => candidate.name === name);
  if (device?.driver === 'virtio_vdpa') {
    return { misfit: `the kernel uses its vDPA device ${name} as a network interface (virtio_vdpa)` };
  }
  const at = device?.path ?? null;
  return fits(null, `${noCopy}; vDPA device ${name}${at === null ? '' : ` at ${at}`}`, [], []);
}

function virtio(nic: Nic, node: NodeFacts): FitVerdict {
  // Modern devices only: vp_vdpa reads the virtio 1.0 capabilities, eni_vdpa the I/O ports of virtio 0.9.5.
  if (nic.device === '1041') {
    if (!hasModule(node, 'vp_vdpa') && nic.driver !== 'vp-vdpa') return { misfit: 'the kernel has no vp_vdpa' };
    const mgmtdev = isManaged(node.kernel) ? `pci/${nic.pciAddress}` : null;
    return (
      withoutIommu(nic, 'vp-vdpa', node) ??
      fits('vp-vdpa', `${noCopy}; bound to vp-vdpa`, [vdpaDevice(nic, mgmtdev)], ['vp_vdpa'])
    );
  }
  if (!hasModule(node, 'eni_vdpa'))
    return { misfit: 'the kernel has no eni_vdpa, and vp_vdpa takes no transitional virtio' };
  // Linux drivers/vdpa/alibaba/eni_vdpa.c (eni_pci_ids).
  if (nic.subsystemVendor !== '1af4' || nic.subsystemDevice !== '0001') {
    return { misfit: 'eni_vdpa takes transitional virtio of the subsystem 1af4:0001 only' };
  }
  return (
    withoutIommu(nic, 'alibaba-eni-vdpa', node) ??
    fits('alibaba-eni-vdpa', `${noCopy}; bound to eni_vdpa`, [vdpaDevice(nic, null)], ['eni_vdpa'])
  );
}

function vendor(nic: Nic, node: NodeFacts): FitVerdict {
  const drivers = nic.kind === 'vdpa' ? vdpaDrivers(nic) : null;
  if (drivers === null) return { misfit: 'the kernel can make no vDPA device of it' };
  const { kernel, kernelNeedsVf } = drivers;
  if (kernel === null) return { misfit: 'Linux has no vDPA driver for it' };
  if (!hasModule(node, kernel)) return { misfit: `the kernel has no ${kernel}` };
  if (kernelNeedsVf && isPhysical(nic, kernel)) return { misfit: `${kernel} takes its virtual functions only` };
  const creation = [vdpaDevice(nic, `pci/${nic.pciAddress}`)];
  if (kernel === 'mlx5_vdpa') {
    // It sits on the auxiliary bus beside the network driver, which has the function mostly already.
    const driver = nic.driver === 'mlx5_core' ? null : 'mlx5_core';
    return fits(driver, `${noCopy}; made by mlx5_vdpa`, creation, [kernel]);
  }
  // Pensando's vDPA driver sits on the auxiliary bus of pds_core, which has the PCI function (drivers/net/ethernet/amd/pds_core).
  const driver = kernel === 'pds_vdpa' ? 'pds_core' : kernel;
  return withoutIommu(nic, driver, node) ?? fits(driver, `${noCopy}; bound to ${driver}`, creation, [kernel]);
}

/**
 * With SR-IOV off in its firmware a physical function looks as a virtual one does that was passed through to a guest. Of
 * mlx5 the ids tell them apart, as they do for its driver: Linux drivers/net/ethernet/mellanox/mlx5/core/main.c.
 */
function isPhysical({ device, sriov }: Nic, kernel: string): boolean {
  return sriov?.isVf === false || (sriov === null && kernel === 'mlx5_vdpa' && device !== '101e');
}

/** Named after the function, so that the same device has the same name every time; the kernel allows no colon or dot. */
function vdpaDevice(nic: Nic, mgmtdev: string | null): Creation {
  return { kind: 'vdpa', name: `vdpa-${nic.pciAddress.replaceAll(/[:.]/g, '-')}`, mgmtdev };
}

/** vp_vdpa has been managed since Linux 5.19; before, its device was there as soon as the driver was bound. */
function isManaged(kernel: string | null): boolean {
  const [major = 0, minor = 0] = (/^(\d{1,4})\.(\d{1,4})/.exec(kernel ?? '')?.slice(1) ?? []).map(Number);
  return major > 5 || (major === 5 && minor >= 19);
}

function fits(driver: string | null, why: string, create: Fit['create'], modules: readonly string[]): FitVerdict {
  return { fit: { driver, why, create, modules: [...modules, 'vhost_vdpa'], noIommu: false } };
}
