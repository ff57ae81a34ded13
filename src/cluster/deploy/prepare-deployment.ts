// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import type { FleetResult } from '../../fleet/fleet-result.ts';
import type { Progress } from '../../output/progress.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { planChanges } from '../plan/plan-changes.ts';
import { type LiveNode, planNodes, readNodes } from '../plan/plan-nodes.ts';
import type { ChangeSet } from '../plan/planned-change.ts';
import { type OpenedStack, openStack, refuseOlder } from '../stack/open-stack.ts';
import { keepingMultus } from '../stack/own-multus.ts';
import type { AdoptionPolicy } from '../stack/owner.ts';
import { inventoryName } from '../stack/stack-names.ts';
import type { StackPlan } from '../stack/stack-plan.ts';
import { planStack, type SkippedNode } from './plan-stack.ts';

/** Where the nodes of a plan come from. */
export type PlanSource =
  /** Their reports, of which the plan is made. */
  | { readonly kind: 'reports'; readonly read: (stack: OpenedStack) => Promise<readonly FleetResult[]> }
  /** A plan that was made before. */
  | { readonly kind: 'plan'; readonly plan: StackPlan };

export interface PrepareRequest {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly config: Config;
  readonly set: readonly string[];
  readonly source: PlanSource;
  readonly policy: AdoptionPolicy;
  readonly forceConflicts: readonly string[];
  readonly allowDowngrade: boolean;
  readonly dryRun: 'server' | 'client';
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** A deployment as far as it goes without changing anything. */
export interface Prepared {
  readonly stack: OpenedStack;
  readonly plan: StackPlan;
  readonly changes: ChangeSet;
  readonly liveNodes: readonly LiveNode[];
  readonly skipped: readonly SkippedNode[];
  readonly leftOut: readonly string[];
  readonly warnings: readonly string[];
}

/** Looks, decides, renders, compares, and lets the server judge. Changes nothing of the stack. */
export async function prepareDeployment(request: PrepareRequest): Promise<Prepared> {
  const { client, namespace, config, set, source, progress, signal } = request;
  const stack = await openStack(client, namespace, signal);
  if (!request.allowDowngrade) refuseOlder(stack, `context ${client.access.context}, namespace ${namespace}`);
  const made =
    source.kind === 'plan'
      ? { plan: source.plan, skipped: [], leftOut: [] }
      : planStack(await source.read(stack), stack.plan, keepingMultus(config, stack), set);
  progress.step('Comparing with the cluster');
  const [liveNodes, objects] = await Promise.all([
    readNodes(client, signal),
    planChanges({
      ...{ client, namespace, signal, policy: request.policy, forceConflicts: request.forceConflicts },
      objects: made.plan.objects,
      inventory: stack.objects.filter(({ name, kind }) => !isBookkeeping(kind, name)),
      dryRun: request.dryRun,
    }),
  ]);
  const nodes = planNodes(liveNodes, made.plan.nodes, namespace);
  return {
    ...made,
    stack,
    liveNodes,
    changes: { objects, nodes },
    warnings: [...stack.warnings, ...missing(made.plan, liveNodes)],
  };
}

function isBookkeeping(kind: string, name: string): boolean {
  return kind === 'ConfigMap' && name === inventoryName;
}

function missing({ nodes }: StackPlan, live: readonly LiveNode[]): string[] {
  const there = new Set(live.map(({ name }) => name));
  const gone = nodes.filter(({ name }) => !there.has(name)).map(({ name }) => name);
  if (gone.length === 0) return [];
  const more = gone.length > 5 ? ` and ${gone.length - 5} more` : '';
  return [`not in the cluster, and left out: ${gone.slice(0, 5).join(', ')}${more}`];
}
