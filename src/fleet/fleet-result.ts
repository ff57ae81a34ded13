// SPDX-License-Identifier: Apache-2.0
import type { VdpaError } from '../errors/vdpa-error.ts';
import type { NodeReport } from '../platform/node-report.ts';

/** What came of one node of a cluster or one host over ssh: its report, or why there is none. */
export type FleetResult =
  | { readonly node: string; readonly report: NodeReport }
  | { readonly node: string; readonly error: VdpaError };
