// SPDX-License-Identifier: Apache-2.0
import { isRecord, valueAt } from '../../config/plain-data.ts';
import type { KubernetesObject } from '../../templates/kubernetes/kubernetes-object.ts';
import { keyOf, refOf } from '../objects/object-ref.ts';
import type { PlannedNode, StackPlan } from '../stack/stack-plan.ts';

/**
 * Adds to a plan what the plan before had for nodes that nobody could look at: the DaemonSets that their labels choose, and
 * the keys of ConfigMaps that those read. Pure.
 */
export function carryOver(plan: StackPlan, previous: StackPlan | null, kept: readonly PlannedNode[]): StackPlan {
  if (previous === null || kept.length === 0) return plan;
  const there = new Set(plan.objects.map((object) => keyOf(refOf(object))));
  const missing = previous.objects.filter(
    (object) => !there.has(keyOf(refOf(object))) && kept.some(({ labels }) => choosesNode(object, labels)),
  );
  const before = new Map(previous.objects.map((object) => [keyOf(refOf(object)), object]));
  const objects = plan.objects.map((object) => {
    const old = before.get(keyOf(refOf(object)));
    return missing.length > 0 && old !== undefined ? withKeysOf(object, old, missing) : object;
  });
  const nodes = [...plan.nodes, ...kept].sort((a, b) => (a.name < b.name ? -1 : 1));
  const at = objects.findLastIndex(({ kind }) => kind === 'DaemonSet') + 1;
  return { objects: [...objects.slice(0, at), ...missing, ...objects.slice(at)], nodes };
}

/** Whether it is a DaemonSet with pods on a node of these labels, and not on every node of the stack. */
function choosesNode(object: KubernetesObject, labels: Readonly<Record<string, string>>): boolean {
  if (object.kind !== 'DaemonSet') return false;
  const selector = valueAt(object, ['spec', 'template', 'spec', 'nodeSelector']);
  if (!isRecord(selector)) return false;
  const own = Object.entries(selector).filter(([key]) => key in labels);
  return own.length > 0 && own.every(([key, value]) => labels[key] === value);
}

/** The ConfigMap with those keys of the old one that the carried objects mount. */
function withKeysOf(
  object: KubernetesObject,
  old: KubernetesObject,
  readers: readonly KubernetesObject[],
): KubernetesObject {
  const [data, oldData] = [object['data'], old['data']];
  if (object.kind !== 'ConfigMap' || !isRecord(data) || !isRecord(oldData)) return object;
  const mounted = JSON.stringify(readers);
  const keys = Object.entries(oldData).filter(
    ([key]) => !(key in data) && mounted.includes(`"key":${JSON.stringify(key)}`),
  );
  if (keys.length === 0) return object;
  const both = [...Object.entries(data), ...keys].sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...object, data: Object.fromEntries(both) as Record<string, string> };
}
