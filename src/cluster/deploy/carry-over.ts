// SPDX-License-Identifier: Apache-2.0
import { isRecord, valueAt } from '../../config/plain-data.ts';
import type { KubernetesObject } from '../../templates/kubernetes/kubernetes-object.ts';
import { keyOf, refOf } from '../objects/object-ref.ts';
import type { PlannedNode, StackPlan } from '../stack/stack-plan.ts';
import { phaseOf } from './phases.ts';

/**
 * Adds to a plan what the plan before had for nodes that nobody could look at: the DaemonSets that their labels choose, the
 * keys of ConfigMaps that those read, and the accounts that they run as. Pure.
 */
export function carryOver(plan: StackPlan, previous: StackPlan | null, kept: readonly PlannedNode[]): StackPlan {
  if (previous === null || kept.length === 0) return plan;
  const there = new Set(plan.objects.map((object) => keyOf(refOf(object))));
  const gone = previous.objects.filter((object) => !there.has(keyOf(refOf(object))));
  const sets = gone.filter((object) => kept.some(({ labels }) => choosesNode(object, labels)));
  const needed = gone.filter((object) => sets.some((set) => needs(set, object))).map((old) => onlyRead(old, sets));
  const before = new Map(previous.objects.map((object) => [keyOf(refOf(object)), object]));
  const objects = plan.objects.map((object) => {
    const old = before.get(keyOf(refOf(object)));
    return old === undefined ? object : withKeysOf(object, old, sets);
  });
  const nodes = [...plan.nodes, ...kept].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { objects: [...needed, ...sets].reduce(placed, objects), nodes };
}

/** Whether it is a DaemonSet with pods on a node of these labels, and not on every node of the stack. */
function choosesNode(object: KubernetesObject, labels: Readonly<Record<string, string>>): boolean {
  if (object.kind !== 'DaemonSet') return false;
  const selector = valueAt(object, ['spec', 'template', 'spec', 'nodeSelector']);
  if (!isRecord(selector)) return false;
  const own = Object.entries(selector).filter(([key]) => key in labels);
  return own.length > 0 && own.every(([key, value]) => labels[key] === value);
}

/** Whether the pods of a DaemonSet do not start without this object. */
function needs(set: KubernetesObject, { kind, metadata }: KubernetesObject): boolean {
  if (metadata.namespace !== set.metadata.namespace) return false;
  const spec = valueAt(set, ['spec', 'template', 'spec']);
  if (kind === 'ServiceAccount') return valueAt(spec, ['serviceAccountName']) === metadata.name;
  const volumes = valueAt(spec, ['volumes']);
  if (kind !== 'ConfigMap' || !Array.isArray(volumes)) return false;
  return volumes.some((volume) => valueAt(volume, ['configMap', 'name']) === metadata.name);
}

/** After the last object that is applied no later. */
function placed(objects: readonly KubernetesObject[], object: KubernetesObject): KubernetesObject[] {
  const at = objects.findLastIndex(({ kind }) => phaseOf(kind) <= phaseOf(object.kind)) + 1;
  return [...objects.slice(0, at), object, ...objects.slice(at)];
}

/** Of a ConfigMap of the plan before, what the carried objects mount. */
function onlyRead(old: KubernetesObject, readers: readonly KubernetesObject[]): KubernetesObject {
  if (old.kind !== 'ConfigMap') return old;
  const some = withKeysOf({ ...old, data: {} }, old, readers);
  // Mounted whole, key by key of none.
  return isRecord(some['data']) && Object.keys(some['data']).length > 0 ? some : old;
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
