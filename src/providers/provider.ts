// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../config/config-schema.ts';
import type { Evidence, NodeReport } from '../platform/node-report.ts';
import type { BackendName, ChosenDevice, ProviderName, Rejection } from './decision.ts';

/** Whether a node is of this kind, and what says so. */
export interface Assessment {
  readonly fits: boolean;
  /** Why, in a sentence; against it where it does not fit. */
  readonly why: string;
  readonly evidence: readonly Evidence[];
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
  assess(report: NodeReport): Assessment;
  plan(report: NodeReport, config: Config): ProviderPlan;
}
