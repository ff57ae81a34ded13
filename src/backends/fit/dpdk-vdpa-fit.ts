// SPDX-License-Identifier: Apache-2.0
import { vdpaDrivers } from '../../platform/pci/vdpa-drivers.ts';
import type { FitDevice } from './fit.ts';
import { handToUserSpace } from './user-driver.ts';

/** DPDK's vDPA example takes the NICs for which DPDK has a vDPA driver. */
export const fitDpdkVdpa: FitDevice = (nic, node, options) => {
  if (nic.kind === 'virtio') {
    return { misfit: 'a virtio NIC needs the vDPA daemon of vdpactl, which this version does not have' };
  }
  const drivers = vdpaDrivers(nic);
  if (nic.kind !== 'vdpa' || drivers === null) return { misfit: 'it is no vDPA NIC' };
  if (drivers.dpdk === null) return { misfit: 'DPDK has no vDPA driver for it' };
  if (drivers.needsVf && nic.sriov?.isVf === false) {
    return { misfit: `DPDK's vDPA driver ${drivers.dpdk} takes its virtual functions only` };
  }
  if (nic.vdpa !== null) return { misfit: `the kernel has made the vDPA device ${nic.vdpa.name} of it` };
  return handToUserSpace(
    nic,
    node,
    options,
    `its rings are the workload's (DPDK vDPA driver ${drivers.dpdk}), no copy`,
  );
};
