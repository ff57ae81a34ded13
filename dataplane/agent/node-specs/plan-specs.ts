// SPDX-License-Identifier: Apache-2.0
import type { BackendSpec } from '../../contract/backend-spec.ts';
import { type StoredSpec, specHash } from '../../contract/spec-store.ts';

export interface SpecPlan {
  /** To be written, new or in the place of another. */
  readonly write: readonly BackendSpec[];
  /** To be removed, with what is behind them. */
  readonly remove: readonly string[];
  /** What stays as it is, though it should change or go, for as long as a pod has it. */
  readonly held: readonly { readonly device: string; readonly should: 'change' | 'go' }[];
  /** What is offered after that. */
  readonly offered: readonly BackendSpec[];
}

/**
 * How the specs of a node become those that are wanted. A device that a pod has keeps the spec that it has: neither a
 * new config nor a new version stops its traffic, and a device that disappears is not taken away twice. Pure.
 */
export function planSpecs(
  wanted: readonly BackendSpec[],
  stored: ReadonlyMap<string, StoredSpec>,
  isHeld: (device: string) => boolean,
): SpecPlan {
  const byDevice = new Map(wanted.map((spec) => [spec.device, spec]));
  const write: BackendSpec[] = [];
  const remove: string[] = [];
  const held: { device: string; should: 'change' | 'go' }[] = [];
  const offered = new Map<string, BackendSpec>();
  for (const spec of wanted) {
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
  return { write, remove, held, offered: [...offered.values()].sort((a, b) => (a.device < b.device ? -1 : 1)) };
}
