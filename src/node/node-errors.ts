// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../errors/vdpa-error.ts';
import type { Nic } from '../platform/node-report.ts';

/** An uplink is never touched: what would have is refused. */
export function uplinkRefused(nic: Pick<Nic, 'pciAddress' | 'uplinkReasons'>): VdpaError {
  return new VdpaError('VDPA-UPLINK-001', `it is an uplink (${nic.uplinkReasons.join('; ')})`, {
    where: nic.pciAddress,
    next: 'leave it out (nics.exclude), or move address and routes to another interface first, and run vdpactl node prepare again',
  });
}

/** The node changed between plan and prepare. */
export function changedMeanwhile(where: string, what: string): VdpaError {
  return new VdpaError('VDPA-NODE-001', what, {
    where,
    next: 'run the same command again: it plans anew from what is there now',
  });
}
