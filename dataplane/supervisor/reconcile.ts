// SPDX-License-Identifier: Apache-2.0
import { countFailure, restartDelayMs } from './restart-policy.ts';

/** What the supervisor knows of one backend process. Times are milliseconds of a monotonic clock. */
export interface Slot {
  /** `waiting`: not running, to be started at `retryAt`. `stopping`: asked to end, not gone yet. */
  readonly phase: 'starting' | 'running' | 'stopping' | 'waiting';
  readonly specHash: string;
  readonly startedAt: number;
  readonly retryAt: number;
  /** Failures in a row. */
  readonly failures: number;
  /** Ends that nobody asked for, ever; each is followed by a start for as long as the backend is wanted. */
  readonly restarts: number;
}

export type Action = { readonly kind: 'start' | 'stop' | 'forget'; readonly device: string };

/** What to do now so that what runs becomes what is wanted. Pure; asking twice answers the same. */
export function reconcile(
  wanted: ReadonlyMap<string, string>,
  slots: ReadonlyMap<string, Slot>,
  now: number,
): Action[] {
  const actions: Action[] = [];
  for (const [device, specHash] of wanted) {
    const slot = slots.get(device);
    if (slot === undefined) actions.push({ kind: 'start', device });
    else if (slot.phase === 'waiting') {
      if (slot.specHash !== specHash || now >= slot.retryAt) actions.push({ kind: 'start', device });
    } else if (slot.phase !== 'stopping' && slot.specHash !== specHash) actions.push({ kind: 'stop', device });
  }
  for (const [device, slot] of slots) {
    if (wanted.has(device)) continue;
    if (slot.phase === 'waiting') actions.push({ kind: 'forget', device });
    else if (slot.phase !== 'stopping') actions.push({ kind: 'stop', device });
  }
  return actions;
}

/** The slot of a process that was just started. What is remembered of an earlier one with the same spec counts on. */
export function started(
  before: Pick<Slot, 'specHash' | 'failures' | 'restarts'> | undefined,
  specHash: string,
  now: number,
): Slot {
  const sameSpec = before?.specHash === specHash;
  return {
    phase: 'starting',
    specHash,
    startedAt: now,
    retryAt: 0,
    failures: sameSpec ? before.failures : 0,
    restarts: before?.restarts ?? 0,
  };
}

export function becameReady(slot: Slot): Slot {
  return slot.phase === 'starting' ? { ...slot, phase: 'running' } : slot;
}

export function stopRequested(slot: Slot): Slot {
  return { ...slot, phase: 'stopping' };
}

/** The slot after its process ended. One that was asked to end is started again at once if it is still wanted. */
export function ended(slot: Slot, now: number): Slot {
  if (slot.phase === 'stopping') return { ...slot, phase: 'waiting', retryAt: now, failures: 0 };
  const failures = countFailure(slot.failures, now - slot.startedAt);
  return { ...slot, phase: 'waiting', failures, retryAt: now + restartDelayMs(failures), restarts: slot.restarts + 1 };
}
