// SPDX-License-Identifier: Apache-2.0
import type { BackendName, ProviderName } from '../providers/decision.ts';
import type { schemaVersion } from '../schema-version.ts';

/** One change to a node. `text` says it to people. */
export type NodeStep =
  | { readonly kind: 'load-module'; readonly module: string; readonly text: string }
  | {
      readonly kind: 'reserve-hugepages';
      readonly sizeKiB: number;
      /** null: of the whole machine, wherever the kernel finds them. */
      readonly numaNode: number | null;
      /** Pages for all the devices. */
      readonly needed: number;
      /** Pages that have to be free afterwards: less than needed where the devices' users have some of them already. */
      readonly free: number;
      /** Pages that the pool will have then, by the facts that the plan was made from. */
      readonly total: number;
      readonly text: string;
    }
  | { readonly kind: 'create-vfs'; readonly pf: string; readonly count: number; readonly text: string }
  | { readonly kind: 'enable-noiommu'; readonly text: string }
  | {
      readonly kind: 'bind';
      readonly pciAddress: string;
      /** The kernel driver that it has when the plan is made; null: none. */
      readonly from: string | null;
      readonly to: string;
      readonly text: string;
    }
  | {
      readonly kind: 'create-vdpa';
      readonly name: string;
      readonly mgmtdev: string;
      /** The PCI function behind it, or null for a software device. */
      readonly pciAddress: string | null;
      readonly text: string;
    };

export type StepOf<Kind extends NodeStep['kind']> = Extract<NodeStep, { kind: Kind }>;

/** A device file that a backend or a workload opens. */
export interface DeviceFile {
  readonly path: string;
  /** The kernel numbers it when it makes it: `N` stands for that number in the path. */
  readonly numberedByKernel: boolean;
}

/** What the node will look like. */
export interface NodeAfter {
  readonly devices: readonly {
    /** The PCI address, or the device id of a device that is not on PCI. */
    readonly device: string;
    /** null: no kernel driver of PCI. */
    readonly driver: string | null;
    readonly files: readonly DeviceFile[];
  }[];
  readonly virtualFunctions: readonly { readonly pf: string; readonly count: number }[];
  readonly vdpaDevices: readonly string[];
  /** The pools of the page size in use: all of the node. */
  readonly hugepages: readonly {
    readonly sizeKiB: number;
    /** null: of the whole machine. */
    readonly numaNode: number | null;
    readonly total: number;
    readonly free: number;
  }[];
}

/** What has to be done to a node before it can give its devices away. Steps that it has behind it already are left out. */
export interface NodePlan {
  readonly schemaVersion: typeof schemaVersion;
  readonly kind: 'NodePlan';
  readonly node: string | null;
  readonly provider: ProviderName;
  readonly backend: BackendName;
  readonly steps: readonly NodeStep[];
  readonly after: NodeAfter;
}
