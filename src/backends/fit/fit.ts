// SPDX-License-Identifier: Apache-2.0
import type { Nic, NodeFacts } from '../../platform/node-report.ts';

/** What stands behind the virtio rings. */
export type BackendName = 'dpdk-vdpa' | 'vhost-vdpa' | 'testpmd';

/** Something that has to be made before a device can be used. */
export type Creation =
  | {
      readonly kind: 'vf';
      /** The physical function that gets `count` virtual functions. */
      readonly pf: string;
      readonly count: number;
    }
  | {
      readonly kind: 'vdpa';
      /** The name of the new vDPA device. */
      readonly name: string;
      /** As `vdpa mgmtdev show` names it; null: the driver makes the device by itself when it is bound. */
      readonly mgmtdev: string | null;
    };

export interface FitOptions {
  /** The driver that hands a PCI device to a user-space program. */
  readonly userDriver: 'vfio-pci' | 'uio_pci_generic' | 'igb_uio';
  /** Whether a device that no IOMMU isolates may be handed to a user-space program. */
  readonly noIommu: boolean;
}

/** What a backend needs of a device, where it fits. */
export interface Fit {
  readonly driver: string | null;
  readonly why: string;
  readonly create: readonly Creation[];
  readonly modules: readonly string[];
  readonly noIommu: boolean;
}

/** Whether a backend can use a NIC: how, or why not. Pure. */
export type FitVerdict = { readonly fit: Fit } | { readonly misfit: string };

export type FitDevice = (nic: Nic, node: NodeFacts, options: FitOptions) => FitVerdict;

/** Whether a module can be used, loaded already or not. */
export function hasModule(node: NodeFacts, name: string): boolean {
  const state = node.modules[name];
  return state !== undefined && state !== 'missing';
}
