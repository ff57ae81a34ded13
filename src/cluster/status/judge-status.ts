// SPDX-License-Identifier: Apache-2.0
import { version } from '../../version.ts';
import type { LiveObject } from '../objects/live-object.ts';
import { type ObjectRef, refText } from '../objects/object-ref.ts';
import type { FoundInventory } from '../stack/inventory.ts';
import { ownerAnnotation } from '../stack/stack-names.ts';
import { numberAt } from '../wait/fields.ts';
import { objectStatus } from '../wait/object-status.ts';
import type { StackNode } from '../wait/stack-node.ts';
import { daemonSetCounts } from '../wait/workload-status.ts';
import { driftText, judgeDrift } from './judge-drift.ts';
import { judgeNodes } from './judge-nodes.ts';
import type { NodeAnswer } from './read-node-pages.ts';
import type { PodFacts } from './read-pods.ts';
import type { ClusterStatus, ComponentStatus, LeaseHolder, NodeStatus, StackState } from './status-types.ts';

/** All that a status is judged by. */
export interface StackFacts {
  readonly context: string;
  readonly namespace: string;
  readonly inventory: FoundInventory;
  /** The objects of the inventory, or those that say themselves that they belong to it where it is damaged. */
  readonly objects: readonly { readonly ref: ObjectRef; readonly live: LiveObject | null }[];
  readonly nodes: readonly StackNode[];
  /** null: pods may not be read. */
  readonly pods: PodFacts | null;
  readonly lease: LeaseHolder | null;
  /** What the agents of the nodes say; null: they were not asked. */
  readonly pages: ReadonlyMap<string, NodeAnswer> | null;
}

const components = new Set(['DaemonSet', 'Deployment', 'CronJob', 'Job']);

/** What the facts come to. Pure, and the same for the same facts. */
export function judgeStatus(facts: StackFacts): ClusterStatus {
  const { context, namespace, inventory, objects, pods, lease, pages } = facts;
  const found = inventory.kind === 'found' ? inventory.inventory : null;
  const settled = found?.state === 'deployed';
  const nodes = judgeNodes(found?.plan.nodes ?? [], facts.nodes, pods, { namespace, settled, pages });
  const parts = objects.filter(({ ref }) => components.has(ref.kind)).map(componentOf);
  // While it changes, an object that is missing is not there yet, or is gone already.
  const drift = found !== null && settled ? judgeDrift(objects, found.plan.objects, namespace) : [];
  const isHeld = lease !== null && !lease.ended;
  const problems = [
    ...recordProblems(facts, isHeld),
    ...drift.map((each) => driftText(each, namespace)),
    ...objects.flatMap(({ ref, live }) => objectProblem(ref, live, settled)),
    ...nodeProblems(nodes),
    ...(pods === null ? ['the pods of the cluster may not be read: what is in use is not known'] : []),
  ];
  return {
    context,
    namespace,
    state: stateOf(inventory, problems),
    stackVersion: found?.version ?? null,
    version,
    lease,
    components: parts,
    nodes,
    drift,
    problems,
  };
}

function stateOf(inventory: FoundInventory, problems: readonly string[]): StackState {
  if (inventory.kind === 'none') return 'absent';
  if (inventory.kind === 'damaged') return 'degraded';
  const { state } = inventory.inventory;
  if (state !== 'deployed') return state;
  return problems.length === 0 ? 'healthy' : 'degraded';
}

function recordProblems({ inventory, nodes, namespace }: StackFacts, isHeld: boolean): string[] {
  switch (inventory.kind) {
    case 'none': {
      const left = nodes.filter(({ metadata }) => metadata.annotations?.[ownerAnnotation] === namespace).length;
      const them = left === 1 ? 'one node is' : `${left} nodes are`;
      return left === 0 || isHeld ? [] : [`${them} still marked as part of a stack that has no record`];
    }
    case 'damaged':
      return [`the record of the stack is damaged: ${inventory.why}; vdpactl deploy writes it anew`];
    case 'found': {
      const { state } = inventory.inventory;
      if (state === 'deployed' || isHeld) return [];
      const verb = state === 'deploying' ? 'deploy' : 'destroy';
      const what = state === 'deploying' ? 'deployment' : 'removal';
      return [`the ${what} was interrupted, and nobody is at it: vdpactl ${verb} goes on`];
    }
  }
}

function componentOf({ ref, live }: { readonly ref: ObjectRef; readonly live: LiveObject | null }): ComponentStatus {
  const { kind, namespace, name } = ref;
  const { status, message } = statusOf(ref, live);
  return { kind, namespace, name, status, ...podsOf(kind, live), message };
}

function podsOf(kind: string, live: LiveObject | null) {
  if (live === null) return { desired: 0, ready: 0, updated: 0 };
  if (kind === 'DaemonSet') {
    const { desired, ready, available, updated } = daemonSetCounts(live);
    return { desired, ready: Math.min(ready, available), updated };
  }
  const count = (field: string) => numberAt(live, 'status', field) ?? 0;
  if (kind !== 'Deployment') return { desired: 0, ready: 0, updated: 0 };
  return {
    desired: numberAt(live, 'spec', 'replicas') ?? 1,
    ready: count('readyReplicas'),
    updated: count('updatedReplicas'),
  };
}

/** What is missing is drift, or not there yet; what is on its way is no problem while the stack is changed. */
function objectProblem(ref: ObjectRef, live: LiveObject | null, settled: boolean): string[] {
  const { status, message } = statusOf(ref, live);
  if (live === null || status === 'Current' || (!settled && status !== 'Failed')) return [];
  return [`${refText(ref)}: ${message}`];
}

/** Items of a list do not say their kind. */
function statusOf({ apiVersion, kind }: ObjectRef, live: LiveObject | null) {
  return objectStatus(live === null ? null : { ...live, apiVersion, kind });
}

/** Nodes named in one sentence; the others are counted. */
const shownNodes = 3;

/** What is wrong with many nodes alike is one sentence. */
function nodeProblems(nodes: readonly NodeStatus[]): string[] {
  const alike = new Map<string, string[]>();
  for (const { name, problems } of nodes) {
    for (const problem of problems) {
      // The names of pods tell them apart, and nothing else.
      const what = problem.replace(/^pod \S+: /, '');
      const names = alike.get(what);
      if (names === undefined) alike.set(what, [name]);
      else if (names.at(-1) !== name) names.push(name);
    }
  }
  return [...alike].map(([problem, names]) => {
    const more = names.length - shownNodes;
    const named = `${names.slice(0, shownNodes).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    return `${names.length === 1 ? 'node' : 'nodes'} ${named}: ${problem}`;
  });
}
