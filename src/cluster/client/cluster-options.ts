// SPDX-License-Identifier: Apache-2.0

/** Which cluster, and as whom: the options of kubectl by the same names. */
export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly as?: string;
  readonly asGroup?: readonly string[];
}
