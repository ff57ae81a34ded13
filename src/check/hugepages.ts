// SPDX-License-Identifier: Apache-2.0
import type { NodeFacts } from '../platform/node-report.ts';

export interface PageNeed {
  readonly sizeKiB: number;
  /** Pages that the processes take, each rounded up to whole pages. */
  readonly needed: number;
  readonly free: number;
  readonly total: number;
}

/** What processes with these amounts of memory need in pages of one size, and how many are there. */
export function pageNeed(pages: NodeFacts['hugepages'], sizeKiB: number, memoryMiB: readonly number[]): PageNeed {
  const ofSize = pages.filter((pool) => pool.sizeKiB === sizeKiB);
  return {
    sizeKiB,
    needed: pagesFor(memoryMiB, sizeKiB),
    free: ofSize.reduce((sum, pool) => sum + pool.free, 0),
    total: ofSize.reduce((sum, pool) => sum + pool.total, 0),
  };
}

/**
 * The need in the page size that is nearest to being met; null where the kernel has no huge pages at all. `heldMiB`, an
 * entry a process, is what running processes will have given back by then: in whole pages, as they took it.
 */
export function bestPageNeed(
  pages: NodeFacts['hugepages'],
  memoryMiB: readonly number[],
  heldMiB: readonly number[],
): PageNeed | null {
  const sizes = [...new Set(pages.map((pool) => pool.sizeKiB))].sort((a, b) => a - b);
  const needs = sizes.map((size) => {
    const need = pageNeed(pages, size, memoryMiB);
    const inUse = Math.max(0, need.total - need.free);
    return { ...need, free: need.free + Math.min(pagesFor(heldMiB, size), inUse) };
  });
  const met = needs.find((need) => need.free >= need.needed);
  // Small pages can be set aside at run time; gigabyte pages mostly only at boot, so they are not what to ask for.
  return met ?? needs[0] ?? null;
}

function pagesFor(memoryMiB: readonly number[], sizeKiB: number): number {
  return memoryMiB.reduce((sum, mib) => sum + Math.ceil((mib * 1024) / sizeKiB), 0);
}
