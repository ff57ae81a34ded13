// SPDX-License-Identifier: Apache-2.0
import type { FitDevice } from './fit.ts';
import { handToUserSpace } from './user-driver.ts';

/** testpmd takes every NIC that has a DPDK poll-mode driver. */
export const fitTestpmd: FitDevice = (nic, node, options) => {
  if (nic.kind === 'other') return { misfit: 'DPDK has no poll-mode driver for it' };
  // IFCVF, EF100 and NFP functions of the vDPA kind answer to vDPA drivers; as network ports only some of them work.
  if (nic.kind === 'vdpa' && nic.vendor === '1af4')
    return { misfit: 'an IFCVF function is driven as a vDPA device only' };
  const what = nic.kind === 'ena' ? 'testpmd polls it with the ENA driver' : 'testpmd polls it';
  return handToUserSpace(nic, node, options, `${what} and copies each packet once each way`);
};
