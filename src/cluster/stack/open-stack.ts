// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../../errors/vdpa-error.ts';
import { version } from '../../version.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { keyOf } from '../objects/object-ref.ts';
import { findOwned } from './find-owned.ts';
import { type Inventory, type InventoryEntry, inventoryRef, readInventory } from './inventory.ts';
import type { StackPlan } from './stack-plan.ts';

/** What is known of a stack in its cluster, whatever became of its inventory. */
export interface OpenedStack {
  readonly state: Inventory['state'] | 'none';
  /** All that may be there. */
  readonly objects: readonly InventoryEntry[];
  /** What was being deployed; null when that is not known. */
  readonly plan: StackPlan | null;
  /** The last plan that was deployed to its end. */
  readonly previous: StackPlan | null;
  /** The vdpactl that wrote it; null: not known. */
  readonly version: string | null;
  /** Whether the record names every object; otherwise it has to be written anew. */
  readonly isWhole: boolean;
  /** What had to be made up for. */
  readonly warnings: readonly string[];
}

/** Opens a stack. A lost or damaged inventory is made up for by what the objects say of themselves. */
export async function openStack(client: KubeClient, namespace: string, signal: AbortSignal): Promise<OpenedStack> {
  const found = await readInventory(client, namespace, signal);
  const owned = await findOwned(client, namespace, signal);
  if (found.kind === 'found') {
    const { state, objects, plan, previous, version: by } = found.inventory;
    // Somebody may have taken entries out.
    const all = union(objects, owned);
    const own = keyOf(inventoryRef(namespace));
    const isWhole = all.slice(objects.length).every((entry) => keyOf(entry) === own);
    return { state, objects: all, plan, previous, version: by, isWhole, warnings: [] };
  }
  const warnings =
    found.kind === 'damaged'
      ? [`the inventory of the stack is damaged (${found.why}); its objects are found by their annotation instead`]
      : owned.some(({ kind, name }) => kind !== 'Namespace' || name !== namespace)
        ? ['the inventory of the stack is gone; its objects are found by their annotation instead']
        : [];
  return { state: 'none', objects: owned, plan: null, previous: null, version: null, isWhole: false, warnings };
}

function union(entries: readonly InventoryEntry[], others: readonly InventoryEntry[]): InventoryEntry[] {
  const there = new Set(entries.map(keyOf));
  return [...entries, ...others.filter((entry) => !there.has(keyOf(entry)))];
}

/**
 * Lets only a vdpactl that is as new as the stack change it: what an older one renders lacks what the newer one has added.
 * @throws VdpaError VDPA-STACK-005
 */
export function refuseOlder(stack: OpenedStack, where: string): void {
  if (stack.version === null || compareVersions(stack.version, version) <= 0) return;
  throw new VdpaError('VDPA-STACK-005', `the stack was deployed by vdpactl ${stack.version}; this is ${version}`, {
    where,
    next: `use vdpactl ${stack.version} or later, or go back on purpose with --allow-downgrade`,
  });
}

/** As Semantic Versioning orders them: below 0 when `a` is older. Builds do not count. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [parts(a), parts(b)];
  for (const index of [0, 1, 2] as const)
    if (x.numbers[index] !== y.numbers[index]) return x.numbers[index] - y.numbers[index];
  if (x.pre === y.pre) return 0;
  if (x.pre === '') return 1;
  if (y.pre === '') return -1;
  const [own, other] = [x.pre.split('.'), y.pre.split('.')];
  for (let index = 0; index < Math.min(own.length, other.length); index += 1) {
    const order = compareIdentifiers(own[index] ?? '', other[index] ?? '');
    if (order !== 0) return order;
  }
  return own.length - other.length;
}

/** Numbers by their value, and before words. */
function compareIdentifiers(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber && isOtherNumber) return Number(a) - Number(b);
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}

function parts(text: string): { readonly numbers: readonly [number, number, number]; readonly pre: string } {
  const [, major = 0, minor = 0, patch = 0, pre = ''] = /^(\d+)\.(\d+)\.(\d+)(?:-([^+]*))?/.exec(text) ?? [];
  return { numbers: [Number(major), Number(minor), Number(patch)], pre };
}
