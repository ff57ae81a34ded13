// SPDX-License-Identifier: Apache-2.0
import { parseCount } from '../../platform/fields.ts';

/** Where a CPU's time went since boot, in clock ticks (USER_HZ, 100 a second on every Linux architecture in use). */
export interface CpuTicks {
  readonly user: number;
  readonly nice: number;
  readonly system: number;
  readonly idle: number;
  readonly iowait: number;
  readonly irq: number;
  readonly softirq: number;
  /** Time in which the hypervisor ran something else while this CPU had work. */
  readonly steal: number;
}

export interface ProcStat {
  /** All CPUs together. */
  readonly all: CpuTicks | null;
  readonly byCpu: readonly { readonly cpu: number; readonly ticks: CpuTicks }[];
}

/** The CPU lines of `/proc/stat`. Any text is accepted; what is not such a line is passed over. */
export function parseProcStat(text: string): ProcStat {
  let all: CpuTicks | null = null;
  const byCpu: { cpu: number; ticks: CpuTicks }[] = [];
  for (const line of text.split('\n')) {
    const match = /^cpu(\d{0,5}) +(\d[\d ]*)$/.exec(line.slice(0, 1000));
    const ticks = match?.[2] === undefined ? null : toTicks(match[2].trim().split(/ +/));
    if (ticks === null) {
      continue;
    }
    if (match?.[1] === '') {
      all = ticks;
    } else {
      byCpu.push({ cpu: Number(match?.[1]), ticks });
    }
  }
  return { all, byCpu };
}

/** Kernels before 2.6.11 have no steal column; what is missing at the end is zero. */
function toTicks(columns: readonly string[]): CpuTicks | null {
  const values = columns.slice(0, 8).map(parseCount);
  const [user, nice, system, idle, iowait = 0, irq = 0, softirq = 0, steal = 0] = values;
  if (user === undefined || nice === undefined || system === undefined || idle === undefined) {
    return null;
  }
  const all = [user, nice, system, idle, iowait, irq, softirq, steal];
  if (user === null || nice === null || system === null || idle === null || all.includes(null)) {
    return null;
  }
  return {
    ...{ user, nice, system, idle },
    ...{ iowait: iowait ?? 0, irq: irq ?? 0, softirq: softirq ?? 0, steal: steal ?? 0 },
  };
}

export interface LoadAverage {
  /** Tasks running, waiting to run, or in uninterruptible sleep: averages that decay over 1, 5 and 15 minutes. */
  readonly one: number;
  readonly five: number;
  readonly fifteen: number;
  /** Tasks that were runnable at that moment, the reader among them. */
  readonly runnable: number;
  readonly tasks: number;
}

/** `/proc/loadavg`, or null for anything else. */
export function parseLoadavg(text: string): LoadAverage | null {
  const match = /^(\d{1,9}\.\d\d) (\d{1,9}\.\d\d) (\d{1,9}\.\d\d) (\d{1,9})\/(\d{1,9})\b/.exec(text.slice(0, 100));
  if (match === null) {
    return null;
  }
  const [one, five, fifteen, runnable, tasks] = match.slice(1).map(Number);
  if (one === undefined || five === undefined || fifteen === undefined) {
    return null;
  }
  return { one, five, fifteen, runnable: runnable ?? 0, tasks: tasks ?? 0 };
}

export interface CgroupCpuStat {
  /** Periods in which the group used up its quota and was stopped. */
  readonly throttledPeriods: number;
  readonly throttledSeconds: number;
}

/** `cpu.stat` of a cgroup: v2 counts microseconds (`throttled_usec`), v1 nanoseconds (`throttled_time`). Else null. */
export function parseCgroupCpuStat(text: string): CgroupCpuStat | null {
  const periods = keyedCount(text, 'nr_throttled');
  const microseconds = keyedCount(text, 'throttled_usec');
  const nanoseconds = keyedCount(text, 'throttled_time');
  if (periods === null || (microseconds === null && nanoseconds === null)) {
    return null;
  }
  return {
    throttledPeriods: Number(periods),
    throttledSeconds: microseconds !== null ? Number(microseconds) / 1e6 : Number(nanoseconds) / 1e9,
  };
}

function keyedCount(text: string, key: string): bigint | null {
  const line = text.split('\n').find((each) => each.startsWith(`${key} `));
  const digits = line?.slice(key.length + 1).trim() ?? '';
  return /^\d{1,19}$/.test(digits) ? BigInt(digits) : null;
}

/** A cgroup's limit on CPU time: v2's `cpu.max`, or v1's two files. */
export type CpuQuotaText =
  | { readonly version: 2; readonly max: string }
  | { readonly version: 1; readonly quotaUs: string; readonly periodUs: string };

/** The CPUs' worth of time a cgroup may use, such as 1.5; null where there is no limit or the text is something else. */
export function parseCpuQuota(text: CpuQuotaText): number | null {
  const [quota, period] = text.version === 2 ? text.max.trim().split(/ +/) : [text.quotaUs, text.periodUs];
  const quotaUs = parseCount(quota ?? null);
  // v2 may leave out the period; the kernel's default is 100 ms.
  const periodUs = period === undefined ? 100_000 : parseCount(period);
  return quotaUs === null || quotaUs === 0 || periodUs === null || periodUs === 0 ? null : quotaUs / periodUs;
}

/** User and system time of a process, all its threads, in clock ticks, from `/proc/PID/stat`; null for anything else. */
export function parseProcessTicks(text: string): number | null {
  // The command name stands in parentheses and may hold any character, parentheses too.
  const end = text.lastIndexOf(')');
  const fields = text
    .slice(end + 1)
    .trim()
    .split(/\s+/);
  const user = parseCount(fields[11] ?? null);
  const system = parseCount(fields[12] ?? null);
  return end === -1 || user === null || system === null ? null : user + system;
}

/** What the CPU is called, from `/proc/cpuinfo`; the implementer and part numbers where (as on Arm) there is no name. */
export function parseCpuModel(text: string): string | null {
  const name = cpuinfoField(text, 'model name') ?? cpuinfoField(text, 'cpu model') ?? cpuinfoField(text, 'Model');
  if (name !== null) {
    return name;
  }
  const implementer = cpuinfoField(text, 'CPU implementer');
  const part = cpuinfoField(text, 'CPU part');
  return implementer === null || part === null ? null : `implementer ${implementer} part ${part}`;
}

function cpuinfoField(text: string, key: string): string | null {
  const line = text.split('\n').find((each) => each.startsWith(key) && /^[ \t]*:/.test(each.slice(key.length)));
  const value = line
    ?.slice(line.indexOf(':') + 1, 400)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return value === undefined || value === '' ? null : value.slice(0, 128);
}
