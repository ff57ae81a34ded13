// SPDX-License-Identifier: Apache-2.0
import { parseCount } from './fields.ts';
import type { NodeFacts } from './node-report.ts';
import type { Note } from './note.ts';
import type { RootFs } from './root-fs.ts';

type HugePages = NodeFacts['hugepages'][number];

const nodeDir = 'sys/devices/system/node';
const globalDir = 'sys/kernel/mm/hugepages';

/** The huge pages by size, of each NUMA node where the kernel counts them so. */
export function readHugepages(fs: RootFs, note: Note): HugePages[] {
  const nodes = fs
    .list(nodeDir)
    .flatMap((name) => /^node(\d{1,5})$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
  const byNode = nodes.flatMap((node) => readPools(fs, note, `${nodeDir}/node${node}/hugepages`, node));
  if (byNode.length > 0) return byNode;
  const global = readPools(fs, note, globalDir, null);
  if (global.length > 0) return global;
  const fromMeminfo = parseMeminfoHugepages(fs.readText('proc/meminfo') ?? '');
  note('hugepages', 'proc/meminfo', fromMeminfo === null ? null : describe(fromMeminfo));
  return fromMeminfo === null ? [] : [fromMeminfo];
}

function readPools(fs: RootFs, note: Note, dir: string, numaNode: number | null): HugePages[] {
  const pools: HugePages[] = [];
  for (const name of fs.list(dir)) {
    const sizeKiB = parseCount(/^hugepages-(\d+)kB$/.exec(name)?.[1] ?? null);
    if (sizeKiB === null || sizeKiB === 0) continue;
    const total = parseCount(fs.readText(`${dir}/${name}/nr_hugepages`));
    const free = parseCount(fs.readText(`${dir}/${name}/free_hugepages`));
    const pool = { sizeKiB, numaNode, total: total ?? 0, free: free ?? 0 };
    note('hugepages', `${dir}/${name}`, total === null || free === null ? null : describe(pool));
    pools.push(pool);
  }
  return pools.sort((a, b) => a.sizeKiB - b.sizeKiB);
}

function describe(pool: HugePages): string {
  return `${pool.total} of ${pool.sizeKiB} KiB, ${pool.free} free`;
}

/** The default-sized huge pages as `/proc/meminfo` counts them, or null when it does not. */
export function parseMeminfoHugepages(text: string): HugePages | null {
  const field = (name: string) => parseCount(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(text)?.[1] ?? null);
  const sizeKiB = field('Hugepagesize');
  const total = field('HugePages_Total');
  const free = field('HugePages_Free');
  if (sizeKiB === null || sizeKiB === 0 || total === null || free === null) return null;
  return { sizeKiB, numaNode: null, total, free };
}
