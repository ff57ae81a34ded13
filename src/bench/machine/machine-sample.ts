// SPDX-License-Identifier: Apache-2.0
import { parseCpuList } from '../../platform/cpu-list.ts';
import { parseCount } from '../../platform/fields.ts';
import type { RootFs } from '../../platform/root-fs.ts';
import { cpuCgroup } from './cgroup-paths.ts';
import {
  type CgroupCpuStat,
  type LoadAverage,
  type ProcStat,
  parseCgroupCpuStat,
  parseCpuQuota,
  parseLoadavg,
  parseProcessTicks,
  parseProcStat,
} from './proc-parsers.ts';

/** The machine at one moment. What cannot be read is null: no part of it is ever invented. */
export interface MachineSample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly stat: ProcStat | null;
  readonly load: LoadAverage | null;
  /** Throttling, all groups from ours up to the root together. */
  readonly throttling: CgroupCpuStat | null;
  /** The CPUs' worth of time that the strictest of those groups grants; null: no limit. */
  readonly quotaCpus: number | null;
  readonly onlineCpus: readonly number[] | null;
  /** CPUs that this process may run on: its affinity, which the kernel keeps within the cpuset. */
  readonly allowedCpus: readonly number[] | null;
  /** The frequency governor of each CPU that has one; virtual machines usually have none. */
  readonly governors: readonly { readonly cpu: number; readonly governor: string }[];
  /** CPU time of the given processes since each began, ticks; null where not all could be read. */
  readonly ownTicks: number | null;
}

export interface SampleOptions {
  /** The processes that the benchmark runs itself: their CPU time is not other people's. */
  readonly pids: readonly number[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const cpuDir = 'sys/devices/system/cpu';

/** Reads the machine below a root. Never throws, never writes; takes about a millisecond. */
export function sampleMachine(fs: RootFs, options: SampleOptions): MachineSample {
  const status = fs.readText('proc/self/status') ?? '';
  const allowed = /^Cpus_allowed_list:[ \t]*(.*)$/m.exec(status)?.[1];
  const online = fs.readText(`${cpuDir}/online`);
  const stat = fs.readText('proc/stat', 4 * 1024 * 1024);
  const groups = readGroups(fs);
  return {
    at: options.now,
    stat: stat === null ? null : parseProcStat(stat),
    load: parseLoadavg(fs.readText('proc/loadavg') ?? ''),
    throttling: groups.throttling,
    quotaCpus: groups.quotaCpus,
    onlineCpus: online === null ? null : parseCpuList(online),
    allowedCpus: allowed === undefined ? null : parseCpuList(allowed),
    governors: readGovernors(fs),
    ownTicks: readOwnTicks(fs, options.pids),
  };
}

function readGroups(fs: RootFs): { throttling: CgroupCpuStat | null; quotaCpus: number | null } {
  const group = cpuCgroup(fs.readText('proc/self/cgroup') ?? '', fs.readText('proc/self/mountinfo', 1024 * 1024) ?? '');
  const directories = group?.directories ?? [];
  const stats = directories.flatMap((at) => parseCgroupCpuStat(fs.readText(`${at}/cpu.stat`) ?? '') ?? []);
  const quotas = directories.flatMap((at) => readQuota(fs, at, group?.version ?? 2) ?? []);
  return {
    throttling: stats.length === 0 ? null : stats.reduce(addThrottling),
    quotaCpus: quotas.length === 0 ? null : Math.min(...quotas),
  };
}

function addThrottling(a: CgroupCpuStat, b: CgroupCpuStat): CgroupCpuStat {
  return {
    throttledPeriods: a.throttledPeriods + b.throttledPeriods,
    throttledSeconds: a.throttledSeconds + b.throttledSeconds,
  };
}

function readQuota(fs: RootFs, directory: string, version: 1 | 2): number | null {
  if (version === 2) {
    return parseCpuQuota({ version, max: fs.readText(`${directory}/cpu.max`) ?? 'max' });
  }
  const quotaUs = fs.readText(`${directory}/cpu.cfs_quota_us`) ?? '-1';
  return parseCpuQuota({ version, quotaUs, periodUs: fs.readText(`${directory}/cpu.cfs_period_us`) ?? '' });
}

function readGovernors(fs: RootFs): { cpu: number; governor: string }[] {
  return fs.list(cpuDir).flatMap((name) => {
    const cpu = parseCount(/^cpu(\d{1,5})$/.exec(name)?.[1] ?? null);
    const governor = cpu === null ? null : fs.readText(`${cpuDir}/${name}/cpufreq/scaling_governor`);
    return cpu === null || governor === null || !/^[\w-]{1,32}$/.test(governor) ? [] : [{ cpu, governor }];
  });
}

function readOwnTicks(fs: RootFs, pids: readonly number[]): number | null {
  const ticks = pids.map((pid) => parseProcessTicks(fs.readText(`proc/${pid}/stat`) ?? ''));
  let sum = 0;
  for (const each of ticks) {
    if (each === null) {
      return null;
    }
    sum += each;
  }
  return ticks.length === 0 ? null : sum;
}
