// SPDX-License-Identifier: Apache-2.0
import { schemaVersion } from '../../schema-version.ts';
import type { MachineVerdict } from '../machine/machine-verdict.ts';
import type { TrialCounts } from '../path/trial.ts';
import { median, summarize } from '../statistics.ts';
import type { BenchReport, BenchSummary, PathCounts, Trial } from './bench-report.ts';
import { caveatsOf, conditionsOf, methodOf, type ReportFacts } from './report-words.ts';

/** What the runner knows when all trials are over. */
export interface BenchFacts
  extends Pick<
    BenchReport,
    | 'workload'
    | 'provider'
    | 'backend'
    | 'wire'
    | 'frameSize'
    | 'queues'
    | 'queueSize'
    | 'warmupSeconds'
    | 'dpdk'
    | 'kernel'
    | 'cpu'
    | 'processes'
    | 'hugepages'
    | 'imageDigest'
    | 'binaries'
  > {
  readonly toolVersion: string;
  readonly started: Date;
  /** In order, without the warm-up; at least one. */
  readonly trials: readonly TrialCounts[];
  /** Counted at the backend over all trials; what the generator counts is taken from the trials. */
  readonly backendCounts: Omit<PathCounts, 'generatorSent' | 'generatorReceived'>;
  readonly machine: MachineVerdict;
  /** Packets a second that the median has to reach; null: no goal. */
  readonly minRate: number | null;
}

/** Makes the report of a run. Pure. Throws RangeError without trials, or for a trial of no duration. */
export function buildBenchReport(input: BenchFacts): BenchReport {
  const { toolVersion, started, backendCounts, machine, minRate, trials: counts, ...given } = input;
  const trials = counts.map((each, index) => toTrial(each, index + 1));
  const summary = summaryOf(trials);
  const facts: ReportFacts = {
    schemaVersion,
    kind: 'bench',
    tool: { name: 'vdpactl', version: toolVersion },
    started: started.toISOString(),
    ...given,
    trials,
    path: {
      ...backendCounts,
      generatorSent: trials.reduce((sum, { sent }) => sum + sent, 0),
      generatorReceived: trials.reduce((sum, { received }) => sum + received, 0),
    },
    summary,
    machine: { verdict: machine.verdict, reasons: [...machine.reasons], samples: [...machine.intervals] },
    goal: minRate === null ? null : { minRate, met: summary.median >= minRate },
  };
  return { ...facts, conditions: conditionsOf(facts), method: methodOf(facts), caveats: caveatsOf(facts) };
}

/**
 * More received than sent (strays on a real interface) counts as nothing lost; both numbers stay as they were counted.
 */
function toTrial(counts: TrialCounts, index: number): Trial {
  const { durationSeconds, sent, received } = counts;
  if (!(durationSeconds > 0)) {
    throw new RangeError(`trial ${index} took ${durationSeconds} s`);
  }
  const lost = Math.max(0, sent - received);
  return {
    index,
    durationSeconds,
    timingErrorSeconds: counts.timingErrorSeconds,
    offered: counts.offered,
    sent,
    received,
    lost,
    lossRatio: sent === 0 ? 0 : lost / sent,
    txPps: sent / durationSeconds,
    rxPps: received / durationSeconds,
    generatorDropped: counts.generatorDropped,
  };
}

function summaryOf(trials: readonly Trial[]): BenchSummary {
  const { count: _, ...summary } = summarize(trials.map(({ rxPps }) => rxPps));
  return { ...summary, medianLossRatio: median(trials.map(({ lossRatio }) => lossRatio)) };
}
