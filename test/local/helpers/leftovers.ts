// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What the machine has of everything that a stack could leave behind. */
export interface MachineState {
  readonly hugePagesUsed: number;
  readonly hugeFiles: ReadonlySet<string>;
  readonly dpdkFolders: ReadonlySet<string>;
}

export function machineState(): MachineState {
  const meminfo = read('/proc/meminfo');
  const count = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0);
  const hugetlbfs = mounts().filter(({ type }) => type === 'hugetlbfs');
  return {
    hugePagesUsed: count('HugePages_Total') - count('HugePages_Free'),
    hugeFiles: new Set(hugetlbfs.flatMap(({ at }) => list(at))),
    dpdkFolders: new Set(list('/var/run/dpdk')),
  };
}

/**
 * All that is left of the stack in `runDir`, in words; empty when nothing is. Looks at the machine with its own eyes and not
 * through the code that is tested.
 */
export function leftovers(runDir: string, before: MachineState): string[] {
  const now = machineState();
  const added = (are: ReadonlySet<string>, were: ReadonlySet<string>) => [...are].filter((each) => !were.has(each));
  const names = list(dirname(runDir)).filter((path) => basename(path).startsWith(basename(runDir)));
  return [
    ...processesOf(runDir).map((process) => `process ${process}`),
    ...names.map((path) => `file ${path}`),
    ...mounts()
      .filter(({ at }) => at.startsWith(runDir))
      .map(({ at }) => `mount ${at}`),
    ...lines('/proc/net/unix')
      .filter((line) => line.includes(runDir))
      .map((line) => `socket ${line}`),
    ...added(now.hugeFiles, before.hugeFiles).map((path) => `huge-page file ${path}`),
    ...added(now.dpdkFolders, before.dpdkFolders)
      .filter((path) => basename(path).startsWith('vdpactl'))
      .map((path) => `DPDK folder ${path}`),
    ...hugePagesWithoutOwner(now, before),
  ];
}

/** Huge pages in use that no process has; whoever else uses some on this machine at the same time is no leak of ours. */
function hugePagesWithoutOwner(now: MachineState, before: MachineState): string[] {
  const pageKiB = Number(/^Hugepagesize:\s+(\d+)/m.exec(read('/proc/meminfo'))?.[1] ?? 2048);
  const owned = pids().reduce((sum, pid) => {
    const kiB = /^HugetlbPages:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1];
    return sum + Number(kiB ?? 0) / pageKiB;
  }, 0);
  const leaked = now.hugePagesUsed - Math.max(before.hugePagesUsed, owned);
  return leaked > 0 ? [`${leaked} huge pages that no process has`] : [];
}

/** Processes that were started with the run directory in their environment or arguments. */
function processesOf(runDir: string): string[] {
  return pids().flatMap((pid) => {
    const state = /^State:\s+(\S)/m.exec(read(`/proc/${pid}/status`))?.[1];
    if (pid === process.pid || state === undefined || state === 'Z') return [];
    const command = read(`/proc/${pid}/cmdline`);
    const mentions = command.includes(runDir) || read(`/proc/${pid}/environ`).includes(runDir);
    return mentions ? [`${pid} ${command.replaceAll('\0', ' ').slice(0, 120)}`] : [];
  });
}

function pids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

function mounts(): { at: string; type: string }[] {
  return lines('/proc/self/mounts').map((line) => {
    const [, at = '', type = ''] = line.split(' ');
    return { at, type };
  });
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function lines(path: string): string[] {
  return read(path)
    .split('\n')
    .filter((line) => line !== '');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
