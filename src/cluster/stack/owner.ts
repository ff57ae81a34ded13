// SPDX-License-Identifier: Apache-2.0
import type { KubernetesObject } from '../../templates/kubernetes/kubernetes-object.ts';
import type { LiveObject } from '../objects/live-object.ts';
import { ownerAnnotation } from './stack-names.ts';

/**
 * What becomes of an object that is there already and was not made by this stack.
 * - `must-match`: nothing; the deployment is refused.
 * - `adopt-if-unowned`: it becomes part of the stack, unless it belongs to another stack of vdpactl.
 * - `adopt-all`: it becomes part of the stack.
 * What is adopted is left there by destroy, without the fields that vdpactl set.
 */
export const adoptionPolicies = ['must-match', 'adopt-if-unowned', 'adopt-all'] as const;
export type AdoptionPolicy = (typeof adoptionPolicies)[number];

/** The namespace of the stack that an object or a node belongs to; null: to none. */
export function ownerOf({ metadata }: LiveObject): string | null {
  return metadata.annotations?.[ownerAnnotation] ?? null;
}

/** The object as it is applied: with the name of its owner. */
export function withOwner(object: KubernetesObject, namespace: string): KubernetesObject {
  const { metadata } = object;
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [ownerAnnotation]: namespace } },
  };
}

/** A namespace that `detect --cluster` made for its pods and would have removed, had it not been killed. */
function isOfDetect({ metadata }: LiveObject): boolean {
  return metadata.labels?.['vdpactl.io/made-for'] === 'detect';
}

export type Ownership = 'ours' | 'adoptable' | 'refused';

export function ownership(live: LiveObject, namespace: string, policy: AdoptionPolicy): Ownership {
  const owner = ownerOf(live);
  if (owner === namespace || (owner === null && isOfDetect(live))) return 'ours';
  if (policy === 'adopt-all' || (policy === 'adopt-if-unowned' && owner === null)) return 'adoptable';
  return 'refused';
}
