// SPDX-License-Identifier: Apache-2.0
import type { ObjectRef } from '../objects/object-ref.ts';
import type { LiveSet, Place } from './node-facts.ts';
import { objectStatus } from './object-status.ts';
import { inProgress, type ObjectStatus } from './status.ts';
import { daemonSetCounts, daemonSetStatus } from './workload-status.ts';

export interface JudgedObject {
  readonly ref: ObjectRef;
  readonly live: object | null;
  readonly status: ObjectStatus;
  /** Pods, or one for the object itself. */
  readonly ready: number;
  readonly wanted: number;
}

/**
 * How far a DaemonSet is on the nodes that it is for; `index`: which one it is in the facts of the nodes. Those that are
 * unavailable are excused, by their number: which pods are not ready only the pods can say.
 */
export function judgeDaemonSet(
  { ref, object }: LiveSet,
  index: number,
  places: readonly Place[],
  unavailable: ReadonlyMap<string, string>,
): { readonly judged: JudgedObject; readonly excused: boolean } {
  let expected = 0;
  let missing = 0;
  let misplaced = 0;
  for (const { planned, facts } of places) {
    const selection = facts?.selections[index];
    if (selection?.chosen !== true) continue;
    if (selection.held) misplaced += 1;
    else expected += 1;
    if (!selection.held && unavailable.has(planned.name)) missing += 1;
  }
  const counts = daemonSetCounts(object);
  const plain = objectStatus(object);
  const isExcused = plain.status === 'InProgress' && counts.observed && missing + misplaced > 0;
  const own = isExcused ? daemonSetStatus(object, { missing, misplaced }) : plain;
  const early = own.status === 'Current' && counts.desired < expected;
  const status = early ? inProgress(`made for ${counts.desired} of ${expected} nodes so far`) : own;
  const wanted = Math.max(counts.desired, expected);
  const ready = counts.observed ? Math.min(counts.updated, counts.ready, counts.available, wanted) : 0;
  const judged = { ref, live: object, status, ready, wanted };
  return { judged, excused: isExcused && status.status === 'Current' };
}
