// SPDX-License-Identifier: Apache-2.0
import {
  formatCpuList,
  formatCpus,
  type MachineInterval,
  measureInterval,
  type Poller,
  pollerCpus,
} from './machine-interval.ts';
import type { MachineSample } from './machine-sample.ts';

/**
 * - `overcommitted`: the busy-polling threads have fewer CPUs than there are threads. The rate is that of the scheduler,
 *   not of the data path.
 * - `noisy`: something else took part of the CPUs or slowed them while packets were counted.
 * - `ok`: nothing of the kind was found. What could not be read was not found either; the intervals show it as null.
 */
type MachineVerdictName = 'ok' | 'overcommitted' | 'noisy';

export interface MachineVerdict {
  readonly verdict: MachineVerdictName;
  /** Every finding, also those of the verdict that did not prevail. Empty for `ok`. */
  readonly reasons: readonly string[];
  /** One a trial. */
  readonly intervals: readonly MachineInterval[];
}

export interface MachineObservations {
  /** The samples around each trial, in order. */
  readonly trials: readonly { readonly before: MachineSample; readonly after: MachineSample }[];
  /** Every busy-polling thread of the path that was measured. */
  readonly pollers: readonly Poller[];
}

/**
 * A poller that is off its CPU for 10 ms lets a ring of 1024 descriptors overflow at anything above 100,000 packets/s.
 * One percent is 10 ms of every second.
 */
export const maxStealRatio = 0.01;

/**
 * Above the kernel's own housekeeping on an idle machine (timer, RCU, the reader of the counters: below 2 %), and below
 * what moves a rate by more than trials differ anyway.
 */
const maxForeignRatio = 0.05;

/** A share of very few ticks is rounding: CPU time is counted in steps of 10 ms, on every CPU by itself. */
const minTicks = 3;

/**
 * Half a task more than the machine has room for. A task that runs all the time counts as one, and the kernel threads
 * and daemons of an idle machine stay below 0.3.
 */
const maxForeignLoad = 0.5;

/** The kernel takes the load average every 5 s: what a task adds may show up that much too early or too late. */
const loadPhaseSeconds = 5;

/** One stop of a group that is over its quota halts its pollers for tens of milliseconds. None is tolerable. */
const maxThrottledPeriods = 0;

/** Governors that keep the clock where it is. Any other changes it within a trial, or keeps it below what the CPU has. */
const steadyGovernors: ReadonlySet<string> = new Set(['performance']);

/** Judges the machine by what was sampled around the trials. Pure; at least one trial is needed to find noise. */
export function judgeMachine(observations: MachineObservations): MachineVerdict {
  const { trials, pollers } = observations;
  const intervals = trials.map(({ before, after }) => measureInterval(before, after, pollerCpus(pollers)));
  const overcommitted = overcommitment(observations);
  const noise = [...trialNoise(intervals), ...loadNoise(observations), ...governorNoise(observations)];
  // Overcommitment comes first: it is a fact about the set-up that no repetition cures, and it causes much of the rest.
  const verdict = overcommitted.length > 0 ? 'overcommitted' : noise.length > 0 ? 'noisy' : 'ok';
  return { verdict, reasons: [...overcommitted, ...noise], intervals };
}

function overcommitment({ trials, pollers }: MachineObservations): string[] {
  const reasons: string[] = [];
  const sample = trials[0]?.before;
  const allowed = sample?.allowedCpus ?? sample?.onlineCpus ?? null;
  const available = allowed?.filter((cpu) => sample?.onlineCpus?.includes(cpu) ?? true) ?? null;
  if (available !== null && pollers.length > available.length) {
    reasons.push(`${pollers.length} busy-polling threads share ${formatCpus(available)}`);
  }
  const quota = sample?.quotaCpus ?? null;
  if (quota !== null && pollers.length > quota) {
    reasons.push(`the cgroup grants ${Number(quota.toFixed(2))} CPUs to ${pollers.length} busy-polling threads`);
  }
  const byCpu = new Map<number, string[]>();
  for (const { name, cpus } of pollers) {
    const [cpu] = cpus;
    if (cpu !== undefined && cpus.length === 1) {
      byCpu.set(cpu, [...(byCpu.get(cpu) ?? []), name]);
    }
  }
  for (const [cpu, names] of [...byCpu].sort(([a], [b]) => a - b)) {
    if (names.length > 1) {
      reasons.push(`${names.slice(0, -1).join(', ')} and ${names.at(-1)} poll on the same CPU ${cpu}`);
    }
  }
  return reasons;
}

/** One reason a kind of noise, for all the trials that it was found in. */
function trialNoise(intervals: readonly MachineInterval[]): string[] {
  const found = (noise: (interval: MachineInterval) => number | null, limit: number) =>
    intervals.flatMap((interval, index) => {
      const size = noise(interval) ?? 0;
      return size > limit ? [{ trial: index + 1, size }] : [];
    });
  const steal = found(({ steal }) => tickRatio(steal), maxStealRatio);
  const foreign = found(({ foreign }) => tickRatio(foreign), maxForeignRatio);
  const throttled = found(({ throttledPeriods }) => throttledPeriods, maxThrottledPeriods);
  const reasons: string[] = [];
  if (steal.length > 0) {
    reasons.push(`${trialsOf(steal)}: the hypervisor took ${upTo(steal)} of the pollers' CPU time (steal)`);
  }
  if (foreign.length > 0) {
    reasons.push(`${trialsOf(foreign)}: other programs took ${upTo(foreign)} of the pollers' CPU time`);
  }
  if (throttled.length > 0) {
    const periods = throttled.reduce((sum, { size }) => sum + size, 0);
    reasons.push(`${trialsOf(throttled)}: the cgroup was throttled for its CPU quota, ${periods} times`);
  }
  return reasons;
}

interface Found {
  readonly trial: number;
  readonly size: number;
}

function tickRatio(taken: MachineInterval['steal']): number | null {
  return taken === null || taken.ticks < minTicks ? null : taken.ratio;
}

function trialsOf(found: readonly Found[]): string {
  return `trial${found.length === 1 ? '' : 's'} ${formatCpuList(found.map(({ trial }) => trial))}`;
}

function upTo(found: readonly Found[]): string {
  const largest = `${(Math.max(...found.map(({ size }) => size)) * 100).toFixed(1)} %`;
  return found.length === 1 ? largest : `up to ${largest}`;
}

/**
 * What others added to the load average between the first sample and the last. The average decays over a minute, so what
 * ran before the benchmark is still in it, and our own pollers come into it only little by little: both are subtracted.
 */
function loadNoise({ trials, pollers }: MachineObservations): string[] {
  const first = trials[0]?.before;
  const last = trials.at(-1)?.after;
  if (first?.load === undefined || first.load === null || last?.load === undefined || last.load === null) {
    return [];
  }
  const decayed = Math.exp(-Math.max(0, last.at - first.at) / 60_000);
  const share = 1 - decayed;
  const added = last.load.one - first.load.one * decayed;
  const ours = pollers.length * (share + 1 - Math.exp(-loadPhaseSeconds / 60));
  const free = Math.max(0, (last.onlineCpus?.length ?? 0) - pollers.length) * share;
  const excess = added - ours - free;
  return excess > maxForeignLoad * share
    ? [
        `about ${(excess / share).toFixed(1)} tasks more than there are CPUs for wanted to run beside the pollers (load average)`,
      ]
    : [];
}

function governorNoise({ trials, pollers }: MachineObservations): string[] {
  const used = pollerCpus(pollers);
  const governors = (trials[0]?.before.governors ?? []).filter(
    ({ cpu, governor }) => (used.size === 0 || used.has(cpu)) && !steadyGovernors.has(governor),
  );
  const names = [...new Set(governors.map(({ governor }) => governor))].sort();
  return names.map((name) => {
    const cpus = governors.filter(({ governor }) => governor === name).map(({ cpu }) => cpu);
    return `the frequency governor of ${formatCpus(cpus)} is ${name}, not performance`;
  });
}
