// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../../config/config-schema.ts';
import type { NodeReport } from '../../../platform/node-report.ts';

/** Whether Multus belongs into the stack. One that is there, on however few of the nodes, is somebody's and left alone. */
export function multusNeeded({ kubernetes }: Config, reports: readonly NodeReport[]): boolean {
  if (kubernetes.multus !== 'auto') return kubernetes.multus === 'install';
  return reports.every(({ node }) => node.cni.multus === null);
}
