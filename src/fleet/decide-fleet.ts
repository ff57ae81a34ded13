// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../config/config-schema.ts';
import { VdpaError } from '../errors/vdpa-error.ts';
import type { NodeReport } from '../platform/node-report.ts';
import { decide } from '../providers/decide.ts';
import type { Decision } from '../providers/decision.ts';
import type { FleetResult } from './fleet-result.ts';

/** A node with what would be done with it, or why nothing can be said. */
export type FleetRow =
  | { readonly node: string; readonly report: NodeReport; readonly decision: Decision }
  | { readonly node: string; readonly error: VdpaError };

/** Decides for each node by itself. A choice of the user's that does not go with a node is an error of that node only. */
export function decideFleet(results: readonly FleetResult[], config: Config, set: readonly string[]): FleetRow[] {
  return results.map((result) => {
    if ('error' in result) return result;
    const { node, report } = result;
    try {
      return { node, report, decision: decide(report, config, set) };
    } catch (error) {
      if (error instanceof VdpaError) return { node, error };
      throw error;
    }
  });
}
