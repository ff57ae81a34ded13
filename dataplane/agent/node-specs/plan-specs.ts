// SPDX-License-Identifier: Apache-2.0
import type { BackendSpec } from '../../contract/backend-spec.ts';
import { type SpecsFound, specHash } from '../../contract/spec-store.ts';

export interface HeldSpec {
  readonly device: string;
  readonly should: 'change' | 'go';
}

/** Of a device, what `planSpecs` has to know beside its specs. */
export interface DeviceUse {
  readonly isHeld: (device: string) => boolean;
  /** Whether its backend runs, whoever wrote the spec of it. */
  readonly isRunning: (device: string) => boolean;
}

export interface SpecPlan {
  /** To be written, new or in the place of another. */
  readonly write: readonly BackendSpec[];
  /** To be removed, with what is behind them. */
  readonly remove: readonly string[];
  /** What stays as it is, though it should change or go, for as long as a pod has it. */
  readonly held: readonly HeldSpec[];
  /** What is offered after that. */
  readonly offered: readonly BackendSpec[];
}

/**
 * How the specs of a node become those that are wanted. A device that a pod has keeps the spec that it has: neither a
 * new config nor a new version stops its traffic, and a device that disappears is not taken away twice. That holds for a spec
 * that another version wrote too, unless the supervisor does not understand it either: then nothing runs that could be stopped.
 * Pure.
 */
export function planSpecs(
  wanted: readonly BackendSpec[],
  { specs: stored, unread }: SpecsFound,
  { isHeld, isRunning }: DeviceUse,
): SpecPlan {
  const byDevice = new Map(wanted.map((spec) => [spec.device, spec]));
  const isLeft = (device: string) => unread.has(device) && isHeld(device) && isRunning(device);
  const write: BackendSpec[] = [];
  const remove: string[] = [];
  const held: HeldSpec[] = [];
  const offered = new Map<string, BackendSpec>();
  for (const spec of wanted) {
    if (isLeft(spec.device)) {
      held.push({ device: spec.device, should: 'change' });
      offered.set(spec.device, spec);
      continue;
    }
    const before = stored.get(spec.device);
    const isSame = before?.hash === specHash(spec);
    if (before !== undefined && !isSame && isHeld(spec.device)) {
      held.push({ device: spec.device, should: 'change' });
      offered.set(spec.device, before.spec);
      continue;
    }
    if (!isSame) write.push(spec);
    offered.set(spec.device, spec);
  }
  for (const [device, { spec }] of stored) {
    if (byDevice.has(device)) continue;
    if (!isHeld(device)) remove.push(device);
    else {
      held.push({ device, should: 'go' });
      offered.set(device, spec);
    }
  }
  for (const device of unread.keys()) {
    if (byDevice.has(device)) continue;
    if (isHeld(device)) held.push({ device, should: 'go' });
    else remove.push(device);
  }
  return { write, remove, held, offered: [...offered.values()].sort((a, b) => (a.device < b.device ? -1 : 1)) };
}
