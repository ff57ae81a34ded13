// SPDX-License-Identifier: Apache-2.0
import type { NodeFacts } from '../platform/node-report.ts';
import type { NodeCheckFacts } from './facts.ts';
import { nicOf } from './node-words.ts';

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

export interface NodePageNeed {
  /** null: the devices belong to no NUMA node, and any will do. */
  readonly numaNode: number | null;
  readonly devices: number;
  readonly needed: number;
  readonly total: number;
  readonly free: number;
  /** What else there is to know of the pages that were found; null: nothing. */
  readonly extra: string | null;
}

/** The pages that the devices of each NUMA node need there, in the page size of the config. */
export function nodePageNeeds(facts: NodeCheckFacts): readonly NodePageNeed[] {
  const { report, decision, config } = facts;
  const { pageSizeKiB, backendMiB, workloadMiB } = config.memory;
  const ofSize = report.node.hugepages.filter(({ sizeKiB }) => sizeKiB === pageSizeKiB);
  // Where the kernel counts pages for the machine as a whole only, the devices are taken together too.
  const counted = ofSize.some(({ numaNode }) => numaNode !== null);
  const devices = new Map<number | null, number>();
  for (const device of decision.devices) {
    const numaNode = counted ? (nicOf(device, facts)?.numaNode ?? null) : null;
    devices.set(numaNode, (devices.get(numaNode) ?? 0) + 1);
  }
  const eachMiB = decision.backend === 'vhost-vdpa' ? [workloadMiB] : [backendMiB, workloadMiB];
  return [...devices]
    .sort(([left], [right]) => (left ?? -1) - (right ?? -1))
    .map(([numaNode, count]) => {
      const pools = numaNode === null ? ofSize : ofSize.filter((pool) => pool.numaNode === numaNode);
      const elsewhere = ofSize.filter((pool) => !pools.includes(pool) && pool.free > 0);
      return {
        numaNode,
        devices: count,
        needed: count * pagesFor(eachMiB, pageSizeKiB),
        total: pools.reduce((sum, pool) => sum + pool.total, 0),
        free: pools.reduce((sum, pool) => sum + pool.free, 0),
        extra:
          elsewhere.length === 0
            ? null
            : elsewhere.map((pool) => `${pool.free} free on NUMA node ${pool.numaNode}`).join(', '),
      };
    });
}
