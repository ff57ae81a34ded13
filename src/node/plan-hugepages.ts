// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../config/config-schema.ts';
import { VdpaError } from '../errors/vdpa-error.ts';
import type { NodeFacts } from '../platform/node-report.ts';
import type { StepOf } from './node-plan.ts';

type Pool = NodeFacts['hugepages'][number];
type ReserveStep = StepOf<'reserve-hugepages'>;

/** What an earlier run made free for the devices: whoever uses these pages by now is whom they were meant for. */
export interface Reservation {
  readonly sizeKiB: number;
  readonly numaNode: number | null;
  /** Pages for all the devices, those that were free anyway among them. */
  readonly pages: number;
}

export interface HugepagePlan {
  readonly steps: readonly ReserveStep[];
  /** The pools of the page size as they will be. */
  readonly after: readonly Pool[];
}

/**
 * The huge pages for devices on the given NUMA nodes (null: not known), one entry a device. Pools are only ever raised,
 * and what is free counts. Throws VDPA-NODE-003 where the kernel has no pages of that size.
 */
export function planHugepages(
  pools: readonly Pool[],
  numaNodes: readonly (number | null)[],
  memory: Config['memory'],
  reserved: readonly Reservation[],
): HugepagePlan {
  const { pageSizeKiB } = memory;
  const ofSize = pools.filter(({ sizeKiB }) => sizeKiB === pageSizeKiB);
  const each = pagesOfDevice(memory);
  if (numaNodes.length === 0 || each === 0) return { steps: [], after: ofSize };
  if (ofSize.length === 0) throw noPagesOfSize(pageSizeKiB, pools);

  const steps: ReserveStep[] = [];
  let after: readonly Pool[] = ofSize;
  const placed = numaNodes.filter((node) => ofSize.some(({ numaNode }) => numaNode === node && node !== null));
  for (const pool of ofSize) {
    const need = placed.filter((node) => node === pool.numaNode).length * each;
    const step = raise([pool], pool.numaNode, need, reserved);
    if (step === null) continue;
    steps.push(step);
    after = after.map((other) => (other === pool ? grown(pool, step.total - pool.total) : other));
  }
  const needAnywhere = numaNodes.length * each;
  if (placed.length < numaNodes.length) {
    // Of the whole machine: for the devices whose place is known, too, so that these do not take the others' pages.
    const step = raise(after, after.length === 1 ? (after[0]?.numaNode ?? null) : null, needAnywhere, reserved);
    if (step !== null) {
      steps.push(step);
      after = [grown({ ...sum(after), numaNode: step.numaNode }, step.total - sum(after).total)];
    }
  }
  return { steps, after };
}

/**
 * The pages that were free for devices when they were prepared, though none had to be set aside: on a machine that has them
 * since it was booted nothing else tells that who uses them by now is whom they were meant for.
 */
export function foundFree(
  pools: readonly Pool[],
  numaNodes: readonly (number | null)[],
  memory: Config['memory'],
): Reservation[] {
  const sizeKiB = memory.pageSizeKiB;
  const ofSize = pools.filter((pool) => pool.sizeKiB === sizeKiB);
  const [only] = ofSize.length === 1 ? ofSize : [];
  const places = numaNodes.map((node) => (ofSize.some(({ numaNode }) => numaNode === node) ? node : null));
  const counted = places.map((place) => (only === undefined ? place : only.numaNode));
  return [...new Set(counted)].map((numaNode) => ({
    sizeKiB,
    numaNode,
    pages: counted.filter((place) => place === numaNode).length * pagesOfDevice(memory),
  }));
}

function pagesOfDevice({ pageSizeKiB, backendMiB, workloadMiB }: Config['memory']): number {
  const pages = (mib: number) => Math.ceil((mib * 1024) / pageSizeKiB);
  return pages(backendMiB) + pages(workloadMiB);
}

/** The step that makes `need` pages free in the pools together, or null where they are. */
function raise(
  pools: readonly Pool[],
  numaNode: number | null,
  need: number,
  reserved: readonly Reservation[],
): ReserveStep | null {
  const { sizeKiB, total, free } = sum(pools);
  // Of what was set aside for these devices before, the part that is not free any more is in their use.
  const inUse = Math.max(0, Math.min(total - free, reservedPages(reserved, sizeKiB, numaNode) - free));
  const stillNeeded = Math.max(0, need - inUse);
  if (free >= stillNeeded) return null;
  const missing = stillNeeded - free;
  const where = numaNode === null ? '' : ` on NUMA node ${numaNode}`;
  return {
    kind: 'reserve-hugepages',
    sizeKiB,
    numaNode,
    needed: need,
    free: stillNeeded,
    total: total + missing,
    text: `set aside ${missing} huge page${missing === 1 ? '' : 's'} of ${sizeKiB} KiB${where}: ${total} → ${total + missing}`,
  };
}

function reservedPages(reserved: readonly Reservation[], sizeKiB: number, numaNode: number | null): number {
  const ofSize = reserved.filter((other) => other.sizeKiB === sizeKiB);
  const pagesAt = (at: number | null) =>
    Math.max(0, ...ofSize.filter((other) => other.numaNode === at).map(({ pages }) => pages));
  if (numaNode !== null) return pagesAt(numaNode);
  const byNode = [...new Set(ofSize.map((other) => other.numaNode))].filter((at) => at !== null);
  return Math.max(
    pagesAt(null),
    byNode.reduce((pages, at) => pages + pagesAt(at), 0),
  );
}

function sum(pools: readonly Pool[]): { readonly sizeKiB: number; readonly total: number; readonly free: number } {
  return {
    sizeKiB: pools[0]?.sizeKiB ?? 0,
    total: pools.reduce((pages, pool) => pages + pool.total, 0),
    free: pools.reduce((pages, pool) => pages + pool.free, 0),
  };
}

function grown<P extends { readonly total: number; readonly free: number }>(pool: P, pages: number): P {
  return { ...pool, total: pool.total + pages, free: pool.free + pages };
}

function noPagesOfSize(sizeKiB: number, pools: readonly Pool[]): VdpaError {
  const sizes = [...new Set(pools.map((pool) => pool.sizeKiB))].sort((a, b) => a - b);
  return new VdpaError('VDPA-NODE-003', `the kernel has no huge pages of ${sizeKiB} KiB`, {
    where: 'memory.pageSizeKiB',
    next:
      sizes.length === 0
        ? 'use a kernel with huge pages (CONFIG_HUGETLBFS)'
        : `set memory.pageSizeKiB to what it has: ${sizes.join(', ')}`,
  });
}
