// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../config/config-schema.ts';
import type { Evidence, NodeReport } from '../platform/node-report.ts';
import type { BackendName, ChosenDevice, ProviderName, Rejection } from './decision.ts';

/** Something that speaks for a provider. */
export interface Clue extends Evidence {
  /** 10: the cloud itself says so. 5: the firmware does. 2: a device of that place. 1: nothing speaks against it. */
  readonly weight: number;
}

/** What a provider would do with a node. */
export interface ProviderPlan {
  readonly backend: BackendName;
  readonly devices: readonly ChosenDevice[];
  readonly evidence: readonly Evidence[];
  readonly rejected: readonly Rejection[];
}

/** One kind of place that a node can run in. Pure: facts and config in, judgement out. */
export interface Provider {
  readonly name: ProviderName;
  /** What speaks for it, strongest first; nothing where it does not fit. */
  clues(report: NodeReport): readonly Clue[];
  /** Why it does not fit, for a node that has no clue of it. */
  readonly unless: string;
  /** In order: the first for which a device fits is taken. */
  readonly backends: readonly BackendName[];
  plan(report: NodeReport, config: Config): ProviderPlan;
}

/** A provider that gives away NICs. */
export interface NicProvider extends Pick<Provider, 'clues' | 'unless' | 'backends'> {
  readonly name: Exclude<ProviderName, 'local'>;
  /** Whether instances of it mostly come without an IOMMU, so that VFIO's no-IOMMU mode is what there is. */
  readonly mostlyWithoutIommu: boolean;
  /** What to do where no NIC is left to give away. */
  readonly noDevice: string;
}
