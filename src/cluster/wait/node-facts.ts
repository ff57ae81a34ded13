// SPDX-License-Identifier: Apache-2.0
import type { ObjectRef } from '../objects/object-ref.ts';
import type { PlannedNode } from '../stack/stack-plan.ts';
import { type Selection, selectionOf } from './node-selection.ts';
import { allocatableDevices, type StackNode, whyNotReady } from './stack-node.ts';

/** A DaemonSet as it is. */
export interface LiveSet {
  readonly ref: ObjectRef;
  readonly object: object;
}

/** What is asked of a node again and again, worked out once for each state of it. */
export interface NodeFacts {
  readonly node: StackNode;
  /** In the order of the DaemonSets. */
  readonly selections: readonly Selection[];
  readonly taint: string | null;
  readonly notReady: string | null;
  readonly allocatable: number;
}

/** A planned node. */
export interface Place {
  readonly planned: PlannedNode;
  /** null: there is no such node; undefined: it was not read yet. */
  readonly facts: NodeFacts | null | undefined;
}

export function factsOf(node: StackNode, sets: readonly LiveSet[]): NodeFacts {
  const selections = sets.map(({ object }) => selectionOf(object, node));
  return {
    node,
    selections,
    taint: selections.find(({ taint }) => taint !== null)?.taint ?? null,
    notReady: whyNotReady(node),
    allocatable: allocatableDevices(node),
  };
}
