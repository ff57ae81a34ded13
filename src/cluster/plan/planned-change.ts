// SPDX-License-Identifier: Apache-2.0
import type { ObjectRef } from '../objects/object-ref.ts';
import type { FieldChange } from './field-diff.ts';

/** What a deployment does to one object. */
export interface PlannedChange {
  readonly ref: ObjectRef;
  readonly action: 'create' | 'configure' | 'unchanged' | 'delete';
  /** What differs; empty for what is created, deleted, or unchanged. */
  readonly fields: readonly FieldChange[];
  /** It is there and not of this stack, and becomes part of it. */
  readonly adopted: boolean;
  /** Fields that are taken over from other managers. */
  readonly force: boolean;
  /** Why the server could not say beforehand whether it takes the object; null: it does. */
  readonly unverified: string | null;
  /** The state of the object that this was planned on, as a hash; null: there was none. */
  readonly basedOn: string | null;
}

/** What a deployment does to one node. */
export interface NodeChange {
  readonly node: string;
  readonly action: 'label' | 'unchanged' | 'release';
  readonly fields: readonly FieldChange[];
}

export interface ChangeSet {
  readonly objects: readonly PlannedChange[];
  readonly nodes: readonly NodeChange[];
}

export function isChanged({ objects, nodes }: ChangeSet): boolean {
  return objects.some(({ action }) => action !== 'unchanged') || nodes.some(({ action }) => action !== 'unchanged');
}
