// SPDX-License-Identifier: Apache-2.0
import { dpdkDriver } from '../../platform/pci/dpdk-nic-ids.ts';
import type { FitDevice } from './fit.ts';
import { handToUserSpace } from './user-driver.ts';

/** testpmd takes every NIC that has a DPDK poll-mode driver. */
export const fitTestpmd: FitDevice = (nic, node, options) => {
  if (nic.kind === 'other') return { misfit: 'DPDK has no poll-mode driver for it' };
  // EF100 and NFP functions of the vDPA kind are network ports too. IFCVF, Pensando's, Octeon's, and those that only the
  // kernel knows, answer to vDPA drivers alone.
  if (nic.kind === 'vdpa' && dpdkDriver(nic.vendor, nic.device) === null) {
    return { misfit: 'it is driven as a vDPA device only' };
  }
  const what = nic.kind === 'ena' ? 'testpmd polls it with the ENA driver' : 'testpmd polls it';
  return handToUserSpace(nic, node, options, `${what} and copies each packet once each way`);
};
