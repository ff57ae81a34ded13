// SPDX-License-Identifier: Apache-2.0
import type { MachineSample } from './machine-sample.ts';
import type { CpuTicks, ProcStat } from './proc-parsers.ts';

/** A busy-polling thread of the benchmark. */
export interface Poller {
  /** Such as `generator`. */
  readonly name: string;
  /** The CPUs that it may run on, usually one. */
  readonly cpus: readonly number[];
}

/** CPU time that went elsewhere. */
interface TakenTime {
  /** Share of the time of the pollers' CPUs, 0 to 1. */
  readonly ratio: number;
  readonly ticks: number;
}

/** What happened on the machine during a trial: the difference of two samples. null: could not be read. */
export interface MachineInterval {
  readonly seconds: number;
  /** Taken by the hypervisor from the pollers' CPUs. */
  readonly steal: TakenTime | null;
  /** Taken on the pollers' CPUs by programs that are not part of the benchmark. */
  readonly foreign: TakenTime | null;
  readonly throttledPeriods: number | null;
  readonly throttledSeconds: number | null;
  /** The one-minute load average at the end. */
  readonly loadOne: number | null;
}

/** The CPUs that any poller may run on. */
export function pollerCpus(pollers: readonly Poller[]): ReadonlySet<number> {
  return new Set(pollers.flatMap(({ cpus }) => cpus));
}

/** The difference of two samples, on the given CPUs; on all of them where none is given or the kernel lists none. */
export function measureInterval(
  before: MachineSample,
  after: MachineSample,
  cpus: ReadonlySet<number>,
): MachineInterval {
  const spent = spentTicks(before.stat, after.stat, cpus);
  const own = before.ownTicks === null || after.ownTicks === null ? null : after.ownTicks - before.ownTicks;
  const busy = spent === null ? null : spent.total - spent.idle - spent.steal;
  return {
    seconds: Math.max(0, after.at - before.at) / 1000,
    steal: spent === null ? null : taken(spent.steal, spent.total),
    // Threads of ours that ran on other CPUs make the difference smaller: nobody is accused wrongly.
    foreign: spent === null || busy === null || own === null || own < 0 ? null : taken(busy - own, spent.total),
    throttledPeriods: difference(before.throttling?.throttledPeriods, after.throttling?.throttledPeriods),
    throttledSeconds: difference(before.throttling?.throttledSeconds, after.throttling?.throttledSeconds),
    loadOne: after.load?.one ?? null,
  };
}

interface SpentTicks {
  readonly total: number;
  readonly idle: number;
  readonly steal: number;
}

function spentTicks(before: ProcStat | null, after: ProcStat | null, cpus: ReadonlySet<number>): SpentTicks | null {
  const begin = before === null ? null : sumTicks(before, cpus);
  const end = after === null ? null : sumTicks(after, cpus);
  if (begin === null || end === null) {
    return null;
  }
  const spent = { total: end.total - begin.total, idle: end.idle - begin.idle, steal: end.steal - begin.steal };
  // A CPU that was taken offline between the samples, or samples of two machines.
  return spent.total > 0 && spent.idle >= 0 && spent.steal >= 0 ? spent : null;
}

function sumTicks(stat: ProcStat, cpus: ReadonlySet<number>): SpentTicks | null {
  const chosen = stat.byCpu.filter(({ cpu }) => cpus.has(cpu)).map(({ ticks }) => ticks);
  const lines = chosen.length > 0 ? chosen : stat.all === null ? [] : [stat.all];
  return lines.length === 0
    ? null
    : lines
        .map(toSpent)
        .reduce((a, b) => ({ total: a.total + b.total, idle: a.idle + b.idle, steal: a.steal + b.steal }));
}

function toSpent(ticks: CpuTicks): SpentTicks {
  const idle = ticks.idle + ticks.iowait;
  const busy = ticks.user + ticks.nice + ticks.system + ticks.irq + ticks.softirq;
  return { total: idle + busy + ticks.steal, idle, steal: ticks.steal };
}

function taken(ticks: number, total: number): TakenTime {
  const positive = Math.max(0, ticks);
  return { ratio: positive / total, ticks: positive };
}

function difference(before: number | undefined, after: number | undefined): number | null {
  return before === undefined || after === undefined || after < before ? null : after - before;
}

/** `CPU 3`, `2 CPUs (0-1)`, `3 CPUs (0,2-3)`, for a reader. */
export function formatCpus(cpus: readonly number[]): string {
  const sorted = [...new Set(cpus)].sort((a, b) => a - b);
  return sorted.length === 1 ? `CPU ${sorted[0]}` : `${sorted.length} CPUs (${formatCpuList(sorted)})`;
}

/** The kernel's list format: `0-3,8`. */
export function formatCpuList(cpus: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const cpu of [...new Set(cpus)].sort((a, b) => a - b)) {
    const open = ranges.at(-1);
    if (open !== undefined && cpu === open.last + 1) {
      open.last = cpu;
    } else {
      ranges.push({ first: cpu, last: cpu });
    }
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}
