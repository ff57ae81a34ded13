// SPDX-License-Identifier: Apache-2.0
import { parseCpuList } from './cpu-list.ts';
import type { NodeFacts } from './node-report.ts';
import type { Note } from './note.ts';
import type { RootFs } from './root-fs.ts';

const cpuDir = 'sys/devices/system/cpu';
const nodeDir = 'sys/devices/system/node';

/** The CPUs that run, those kept free of other work at boot, and the NUMA nodes with their CPUs. */
export function readCpus(fs: RootFs, note: Note): NodeFacts['cpus'] {
  const online = readOnline(fs, note);
  const nodes = fs
    .list(nodeDir)
    .flatMap((name) => /^node(\d{1,5})$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
  return {
    online,
    isolated: readIsolated(fs, note),
    numaNodes: countNumaNodes(fs, nodes, note),
    byNumaNode: nodes.flatMap((numaNode) => readNode(fs, numaNode, online, note) ?? []),
  };
}

function readOnline(fs: RootFs, note: Note): number[] {
  const text = fs.readText(`${cpuDir}/online`);
  const online = text === null ? null : parseCpuList(text);
  if (text !== null && online !== null && online.length > 0) {
    note('cpus online', `${cpuDir}/online`, text);
    return online;
  }
  const fallback = parseCpuinfo(fs.readText('proc/cpuinfo', 4 * 1024 * 1024) ?? '');
  note('cpus online', 'proc/cpuinfo', fallback.length === 0 ? null : fallback.join(','));
  return fallback;
}

/** The CPU numbers of `/proc/cpuinfo`, for where sysfs is missing. */
export function parseCpuinfo(text: string): number[] {
  const numbers = new Set<number>();
  for (const match of text.matchAll(/^processor[ \t]*:[ \t]*(\d{1,5})[ \t]*$/gm)) numbers.add(Number(match[1]));
  return [...numbers].sort((a, b) => a - b);
}

function readIsolated(fs: RootFs, note: Note): number[] {
  const text = fs.readText(`${cpuDir}/isolated`);
  const isolated = text === null ? null : parseCpuList(text);
  note('cpus isolated', `${cpuDir}/isolated`, isolated === null ? null : (text ?? ''));
  return isolated ?? [];
}

function countNumaNodes(fs: RootFs, nodes: readonly number[], note: Note): number {
  if (nodes.length > 0) {
    note('numa nodes', nodeDir, nodes.join(','));
    return nodes.length;
  }
  // A kernel built without NUMA has no such directory, and all of its memory in one place.
  note('numa nodes', nodeDir, null);
  return fs.exists(cpuDir) ? 1 : 0;
}

/** A node of memory alone has no CPUs; one whose list cannot be read is left out. */
function readNode(fs: RootFs, numaNode: number, online: readonly number[], note: Note) {
  const path = `${nodeDir}/node${numaNode}/cpulist`;
  const text = fs.readText(path);
  const cpus = text === null ? null : parseCpuList(text);
  note(`cpus of numa node ${numaNode}`, path, cpus === null ? null : (text ?? ''));
  return cpus === null ? null : { numaNode, cpus: cpus.filter((cpu) => online.includes(cpu)) };
}
