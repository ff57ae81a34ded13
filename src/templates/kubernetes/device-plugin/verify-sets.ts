// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../../../errors/vdpa-error.ts';
import type { NodeReport } from '../../../platform/node-report.ts';
import type { Decision } from '../../../providers/decision.ts';
import { checkSelectors } from './check-selectors.ts';
import type { DeviceSets } from './device-sets.ts';
import { preparedNics } from './prepared-nics.ts';

interface Node {
  readonly report: NodeReport;
  readonly decision: Decision;
}

/**
 * Holds the selectors of each node against the node as it is and as it will be, whoever made the decision. Throws
 * VDPA-UPLINK-001 rather than let an uplink be given away.
 */
export function verifySets(nodes: readonly Node[], { sets, nameOf }: DeviceSets): void {
  const byName = new Map(sets.map((set) => [set.name, set]));
  for (const [index, { report, decision }] of nodes.entries()) {
    const set = byName.get(nameOf[index] ?? '');
    if (set === undefined) continue;
    const { node } = report;
    const now = checkSelectors(set.config, [report]).filter(({ kind }) => kind === 'uplink');
    const [finding] = [...now, ...checkSelectors(set.config, [{ node, nics: preparedNics(report, decision) }])];
    if (finding === undefined) continue;
    if (finding.kind !== 'uplink') throw new Error(`selectors of the set ${set.name}: ${finding.message}`);
    throw new VdpaError('VDPA-UPLINK-001', finding.message, {
      where: finding.devices[0]?.pciAddress ?? set.name,
      next: 'make the report of this node anew (vdpactl detect): what was decided is not for the node as it is',
    });
  }
}
