// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../../errors/vdpa-error.ts';
import { parseCount } from '../../platform/fields.ts';
import type { NodeSystem } from '../node-system.ts';
import { writeOr } from './kernel-says.ts';
import { already, left, type StepWork, undone } from './step-work.ts';

const nodesDir = 'sys/devices/system/node';

interface Pool {
  readonly path: string;
  readonly total: number;
  readonly free: number;
}

export const reserveHugepages: StepWork<'reserve-hugepages'> = {
  async look({ sizeKiB, numaNode, needed, free }, system) {
    const pools = readPools(system, sizeKiB, numaNode);
    const missing = free - sum(pools, 'free');
    if (missing <= 0) return null;
    const before = pools.map(({ path, total }) => ({ path, before: total }));
    return {
      kind: 'reserve-hugepages',
      sizeKiB,
      numaNode,
      needed,
      total: sum(pools, 'total') + missing,
      pools: before,
    };
  },

  async carryOut({ sizeKiB, numaNode, free }, system) {
    const before = readPools(system, sizeKiB, numaNode);
    const missing = free - sum(before, 'free');
    const wanted = sum(before, 'total') + missing;
    const path = `${poolPath(sizeKiB, before.length === 1 ? before[0]?.path : undefined)}/nr_hugepages`;
    await writeOr(system, path, String(wanted), failure(path, `huge pages of ${sizeKiB} KiB cannot be set aside`));
    const given = sum(readPools(system, sizeKiB, numaNode), 'total');
    if (given >= wanted) return;
    const had = sum(before, 'total');
    throw new VdpaError(
      'VDPA-HUGE-001',
      `of ${missing} huge pages of ${sizeKiB} KiB the kernel had ${Math.max(0, given - had)} to give${numaNode === null ? '' : ` on NUMA node ${numaNode}`}: its free memory is too little or too scattered`,
      {
        where: `/${path}`,
        next: `set them aside at boot (hugepages=${wanted} on the kernel's command line), free memory, or lower memory.workloadMiB and memory.backendMiB`,
      },
    );
  },

  async undo({ total, pools }, system) {
    const now = pools.map(({ path, before }) => ({ before, ...readPool(system, path) }));
    const have = sum(now, 'total');
    if (have > total) {
      return already(`somebody else raised the pool from ${total} to ${have} pages since: it stays as it is`);
    }
    const higher = now.filter((pool) => pool.total > pool.before);
    if (higher.length === 0) return already();
    for (const pool of higher) {
      const target = Math.max(pool.before, pool.total - pool.free);
      const path = `${pool.path}/nr_hugepages`;
      if (target < pool.total)
        await writeOr(system, path, String(target), failure(path, 'huge pages cannot be given back'));
    }
    const stay = higher
      .map(({ path, before }) => readPool(system, path).total - before)
      .reduce((pages, more) => pages + Math.max(0, more), 0);
    if (stay === 0) return undone;
    return left(`${stay} of the huge pages are in use: end what uses them`);
  },
};

function failure(path: string, what: string) {
  return { code: 'VDPA-HUGE-001', where: `/${path}`, what, next: 'see what the kernel says: dmesg | tail' } as const;
}

/** The pools that a step may change: that of the NUMA node, or those of all nodes, or the one of a kernel without nodes. */
function readPools(system: NodeSystem, sizeKiB: number, numaNode: number | null): Pool[] {
  const name = `hugepages/hugepages-${sizeKiB}kB`;
  const nodes = system
    .list(nodesDir)
    .filter((node) => (numaNode === null ? /^node\d+$/.test(node) : node === `node${numaNode}`))
    .map((node) => `${nodesDir}/${node}/${name}`)
    .filter((path) => system.exists(path));
  const paths = nodes.length > 0 ? nodes : [poolPath(sizeKiB)];
  return paths.map((path) => readPool(system, path));
}

/** The folder of one pool; without one, that of the whole machine. */
function poolPath(sizeKiB: number, path?: string): string {
  return path ?? `sys/kernel/mm/hugepages/hugepages-${sizeKiB}kB`;
}

function readPool(system: NodeSystem, path: string): Pool {
  const count = (file: string) => parseCount(system.readText(`${path}/${file}`)) ?? 0;
  return { path, total: count('nr_hugepages'), free: count('free_hugepages') };
}

function sum(pools: readonly Pick<Pool, 'total' | 'free'>[], what: 'total' | 'free'): number {
  return pools.reduce((pages, pool) => pages + pool[what], 0);
}
