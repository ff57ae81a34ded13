// SPDX-License-Identifier: Apache-2.0
import { keyOf } from '../objects/object-ref.ts';
import type { WaitResult } from './wait-options.ts';

/** Two waits, one after the other, as one that began with the first: how things are after the second. */
export function addWaits(first: WaitResult, second: WaitResult): WaitResult {
  const readyBefore = new Map(first.objects.map(({ ref, readyAfterMs }) => [keyOf(ref), readyAfterMs]));
  const sinceFirst = (afterMs: number | null) => (afterMs === null ? null : first.waitedMs + afterMs);
  return {
    ...second,
    waitedMs: first.waitedMs + second.waitedMs,
    pullMs: first.pullMs + second.pullMs,
    objects: second.objects.map((object) => ({
      ...object,
      readyAfterMs: readyBefore.get(keyOf(object.ref)) ?? sinceFirst(object.readyAfterMs),
    })),
  };
}
