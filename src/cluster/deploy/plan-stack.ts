// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import { valueAt } from '../../config/plain-data.ts';
import { VdpaError } from '../../errors/vdpa-error.ts';
import { decideFleet } from '../../fleet/decide-fleet.ts';
import type { FleetResult } from '../../fleet/fleet-result.ts';
import type { NodeReport } from '../../platform/node-report.ts';
import type { Decision } from '../../providers/decision.ts';
import { nodeLabelKeys } from '../../templates/kubernetes/names.ts';
import { renderKubernetes } from '../../templates/kubernetes/render-kubernetes.ts';
import type { PlannedNode, StackPlan } from '../stack/stack-plan.ts';
import { carryOver } from './carry-over.ts';

/** A node that could not be looked at, and why. */
export interface SkippedNode {
  readonly node: string;
  readonly error: VdpaError;
  /** It is part of the stack already, and stays what it was. */
  readonly kept: boolean;
}

export interface PlannedStack {
  readonly plan: StackPlan;
  readonly skipped: readonly SkippedNode[];
  /** Nodes that have nothing to give away, and why. */
  readonly leftOut: readonly string[];
}

/**
 * The stack for the nodes that were looked at. A node of the stack that cannot be looked at just now is no reason to take
 * anything from it: it keeps its labels, and what they stand for.
 * @throws VdpaError VDPA-DEPLOY-004 when no node can be used, and what renderKubernetes throws.
 */
export function planStack(
  results: readonly FleetResult[],
  previous: StackPlan | null,
  config: Config,
  set: readonly string[],
): PlannedStack {
  const before = new Map((previous?.nodes ?? []).map((node) => [node.name, node]));
  const rows = decideFleet(results, config, set);
  const decided = rows.flatMap((row) => ('report' in row ? [row] : []));
  const skipped = rows.flatMap((row): SkippedNode[] =>
    'error' in row ? [{ node: row.node, error: row.error, kept: before.has(row.node) }] : [],
  );
  const usable = decided.filter(({ decision }) => isUsable(decision, config));
  const kept = skipped.flatMap(({ node }) => before.get(node) ?? []);
  if (usable.length === 0 && kept.length === 0) throw noNode(decided, skipped);
  const { objects, nodeLabels } = renderKubernetes({ nodes: usable, config, keptSets: setsOf(previous, kept) });
  const byName = new Map(usable.map((node) => [node.report.node.name?.toLowerCase() ?? '', node.decision]));
  const nodes = nodeLabels.map(({ node, labels }) => plannedNode(node, labels, byName.get(node)));
  return {
    plan: carryOver({ objects, nodes }, previous, kept),
    skipped,
    leftOut: decided.flatMap(({ report, decision }) => (isUsable(decision, config) ? [] : (report.node.name ?? ''))),
  };
}

/** The configurations of the device plugin that nodes have which nobody could look at, by the name of their set. */
function setsOf(previous: StackPlan | null, kept: readonly PlannedNode[]): Map<string, string> {
  const names = new Set(kept.flatMap(({ labels }) => labels[nodeLabelKeys.deviceSet] ?? []));
  const texts = (previous?.objects ?? []).flatMap((object) =>
    object.kind === 'ConfigMap'
      ? [...names].map((name) => [name, valueAt(object, ['data', `${name}.json`])] as const)
      : [],
  );
  return new Map(texts.flatMap(([name, text]) => (typeof text === 'string' ? [[name, text] as const] : [])));
}

/**
 * Virtual devices look like any other to a pod, and move no packet to another node. So a node that has nothing else to give
 * gets into a cluster only by being asked for.
 */
function isUsable({ provider, devices }: Decision, config: Config): boolean {
  return devices.length > 0 && (config.provider === 'local' || provider !== 'local');
}

function plannedNode(name: string, labels: Readonly<Record<string, string>>, decision?: Decision): PlannedNode {
  return {
    name,
    provider: decision?.provider ?? '',
    backend: decision?.backend ?? '',
    devices: decision?.devices.length ?? 0,
    labels: { ...labels },
  };
}

function noNode(
  decided: readonly { readonly report: NodeReport; readonly decision: Decision }[],
  skipped: readonly SkippedNode[],
): VdpaError {
  const lines = [
    ...decided.map(
      ({ report, decision }) => `node ${report.node.name}: ${decision.rejected[0]?.why ?? 'it has no NIC'}`,
    ),
    ...skipped.map(({ node, error }) => `node ${node}: ${error.message}`),
  ];
  const [first] = skipped;
  if (decided.length === 0 && first !== undefined) {
    return new VdpaError('VDPA-DEPLOY-005', 'no node of the cluster could be looked at', {
      details: lines.slice(0, 20),
      next: first.error.next,
    });
  }
  return new VdpaError('VDPA-DEPLOY-004', 'no node of the cluster has a NIC to give away', {
    details: lines.slice(0, 20),
    next: 'see why: vdpactl detect --cluster; or try it with virtual devices: --provider local',
  });
}
