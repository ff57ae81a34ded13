// SPDX-License-Identifier: Apache-2.0
import type { BackendName, Creation } from '../backends/fit/fit.ts';
import type { Evidence } from '../platform/node-report.ts';

export type { BackendName } from '../backends/fit/fit.ts';

export type ProviderName = 'baremetal' | 'alibaba' | 'aws' | 'local';

export interface ChosenDevice {
  /** The PCI address; a device that is not on PCI has its device id here (`local0`, `vd0`). */
  readonly pciAddress: string;
  /** The kernel driver the device has to be bound to, or null where nothing is bound. */
  readonly driver: string | null;
  readonly why: string;
  /** What has to be made first, in this order; empty where the device is there. */
  readonly create: readonly Creation[];
  /** Kernel modules that it needs, whether or not they are loaded yet. */
  readonly modules: readonly string[];
  /** No IOMMU isolates it: whoever has it can read and write all of the node's memory by DMA. */
  readonly noIommu: boolean;
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
  /** Evidence that speaks for another provider than the one decided on, a sentence each. */
  readonly conflicts: readonly string[];
  readonly rejected: readonly Rejection[];
}
