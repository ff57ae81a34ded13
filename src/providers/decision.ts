// SPDX-License-Identifier: Apache-2.0
import type { Evidence } from '../platform/node-report.ts';

export type ProviderName = 'local';
export type BackendName = 'testpmd';

export interface ChosenDevice {
  /** The PCI address; a device that is not on PCI has its device id here (`local0`). */
  readonly pciAddress: string;
  /** The kernel driver the device has to be bound to, or null where nothing is bound. */
  readonly driver: string | null;
  readonly why: string;
}

export interface Rejection {
  /** `provider:aws`, `backend:dpdk-vdpa` or `device:0000:…`. */
  readonly what: string;
  readonly why: string;
}

/** What vdpactl makes of a node: pure function of the node report and the config. */
export interface Decision {
  readonly provider: ProviderName;
  readonly backend: BackendName;
  /** Choices that the user made and vdpactl would have made otherwise or by itself. */
  readonly overridden: readonly string[];
  readonly devices: readonly ChosenDevice[];
  readonly evidence: readonly Evidence[];
  readonly rejected: readonly Rejection[];
}
