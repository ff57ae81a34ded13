// SPDX-License-Identifier: Apache-2.0
import type { KubernetesObject } from '../../templates/kubernetes/kubernetes-object.ts';
import type { LiveObject } from '../objects/live-object.ts';
import { keyOf, type ObjectRef, refText } from '../objects/object-ref.ts';
import { ownerOf, withOwner } from '../stack/owner.ts';
import type { Drift } from './status-types.ts';
import { takenFields } from './taken-fields.ts';

/** How the objects of a stack differ from how they were deployed. Pure; in the order of the objects. */
export function judgeDrift(
  objects: readonly { readonly ref: ObjectRef; readonly live: LiveObject | null }[],
  applied: readonly KubernetesObject[],
  namespace: string,
): Drift[] {
  const wanted = new Map(applied.map((object) => [keyOfApplied(object), object]));
  return objects.flatMap(({ ref, live }): Drift[] => {
    const object = refText(ref);
    if (live === null) return [{ object, what: 'missing', fields: [] }];
    if (ownerOf(live) !== namespace) return [{ object, what: 'not-owned', fields: [] }];
    const rendered = wanted.get(keyOf(ref));
    if (rendered === undefined) return [];
    const fields = takenFields(withOwner(rendered, namespace), live.metadata['managedFields']);
    return fields.length === 0 ? [] : [{ object, what: 'fields', fields }];
  });
}

/** Also of a kind that only a newer vdpactl renders. */
function keyOfApplied({ apiVersion, kind, metadata: { name, namespace } }: KubernetesObject): string {
  return keyOf({ apiVersion, kind, resource: '', namespace: namespace ?? null, name });
}

/** Fields named in one sentence; the others are counted. */
const shownFields = 3;

export function driftText({ object, what, fields }: Drift, namespace: string): string {
  if (what === 'missing') return `${object} is missing`;
  if (what === 'not-owned') return `${object} is not marked as part of the stack in ${namespace}`;
  const managers = [...new Set(fields.flatMap(({ manager }) => manager ?? []))].sort();
  const by = managers.length === 0 ? '' : ` by ${managers.join(', ')}`;
  const more = fields.length - shownFields;
  const paths = fields.slice(0, shownFields).map(({ path }) => path);
  return `${object} was changed${by}: ${paths.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
