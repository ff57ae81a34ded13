// SPDX-License-Identifier: Apache-2.0

import { backendName } from '../../output/backend-name.ts';
import { percent, seconds, utcTime } from '../../output/number-text.ts';
import { formatCpus } from '../machine/machine-interval.ts';
import type { BenchReport } from './bench-report.ts';

/** The facts of a report that its words are made from. */
export type ReportFacts = Omit<BenchReport, 'conditions' | 'method' | 'caveats'>;

const rolesInOrder = ['generator', 'backend', 'workload'] as const;

/** What the number holds for: without these it says nothing. */
export function conditionsOf(facts: ReportFacts): BenchReport['conditions'] {
  const durations = facts.trials.map(({ durationSeconds }) => durationSeconds);
  return [
    { name: 'Workload', value: facts.workload },
    { name: 'Provider', value: facts.provider },
    { name: 'Backend', value: backendName(facts.backend) },
    {
      name: 'Wire',
      value: facts.wire.interface === null ? facts.wire.kind : `${facts.wire.kind} (${facts.wire.interface})`,
    },
    { name: 'Frame size', value: `${facts.frameSize} bytes with frame check sequence` },
    {
      name: 'Virtio queues',
      value: `${facts.queues} pair${facts.queues === 1 ? '' : 's'} of ${facts.queueSize} descriptors`,
    },
    {
      name: 'Trials',
      value: `${facts.trials.length} of ${span(durations, seconds)}, after a warm-up of ${seconds(facts.warmupSeconds)}`,
    },
    { name: 'CPU', value: `${facts.cpu.model ?? 'model not known'}, ${facts.cpu.count ?? 'unknown number of'} online` },
    {
      name: 'CPUs polled on',
      value: facts.processes.map(({ role, cpus }) => `${role}: ${formatCpus(cpus)}`).join('; '),
    },
    { name: 'Kernel', value: facts.kernel ?? 'not known' },
    { name: 'DPDK', value: dpdkVersions(facts.dpdk) },
    { name: 'Huge pages', value: hugepages(facts.hugepages) },
    ...software(facts),
    {
      name: 'Machine',
      value:
        facts.machine.reasons.length === 0
          ? facts.machine.verdict
          : `${facts.machine.verdict}: ${facts.machine.reasons.join('; ')}`,
    },
    { name: 'Started', value: utcTime(facts.started) },
  ];
}

function dpdkVersions(dpdk: BenchReport['dpdk']): string {
  const versions = new Set(dpdk.map(({ version }) => version ?? 'not known'));
  const [only] = versions;
  if (only === undefined) return 'not known';
  if (versions.size === 1) return only;
  const order = [...dpdk].sort((a, b) => rolesInOrder.indexOf(a.role) - rolesInOrder.indexOf(b.role));
  return order.map(({ role, version }) => `${role}: ${version ?? 'not known'}`).join('; ');
}

function hugepages(pools: BenchReport['hugepages']): string {
  const used = pools.filter(({ total }) => total > 0);
  const texts = used.map(({ sizeKiB, total, free }) => `${total} of ${pageSize(sizeKiB)}, ${free} free`);
  return texts.length === 0 ? 'none' : texts.join('; ');
}

function pageSize(sizeKiB: number): string {
  if (sizeKiB % (1024 * 1024) === 0) return `${sizeKiB / 1024 / 1024} GiB`;
  return sizeKiB % 1024 === 0 ? `${sizeKiB / 1024} MiB` : `${sizeKiB} KiB`;
}

function software({ imageDigest, binaries }: Pick<BenchReport, 'imageDigest' | 'binaries'>): BenchReport['conditions'] {
  return [
    { name: 'Image digest', value: imageDigest ?? 'none: built on this machine' },
    ...binaries.map(({ name, sha256 }) => ({ name: `sha256 of ${name}`, value: sha256 })),
  ];
}

/** The same words once when all values read the same, else the range. */
function span(values: readonly number[], write: (value: number) => string): string {
  const low = write(Math.min(...values));
  const high = write(Math.max(...values));
  return low === high ? low : `${low} to ${high}`;
}

/** What was measured and how. */
export function methodOf(facts: ReportFacts): string[] {
  return [
    `The generator sends as fast as it can (saturating offered load), with frames of ${facts.frameSize} bytes. Each frame crosses the wire to the backend, goes through the virtio rings to the workload, is forwarded there, and returns the same way to the generator, which counts it.`,
    'The headline is the maximum receive rate (MRR): frames that came back, by the time in which the generator sent; the median over the trials. In the words of RFC 2285 it is a forwarding rate at maximum offered load. It is not throughput in the sense of RFC 2544, the highest rate at which no frame is lost, and no search for that rate (such as RFC 9971 describes) was made.',
    'A trial is: send for a set time, stop, then only receive until nothing is under way any more. Lost are frames that the wire took and that did not come back; the trial loss ratio (RFC 9971) is their share of the frames sent. Frames that the wire did not take from the generator were never sent and are counted apart.',
    'The warm-up is a trial like the others that is not counted. The machine is sampled before and after each trial.',
  ];
}

/** Below this share of loss at saturation it is not the path that limited the rate. */
const lossOfUnlimitedPath = 0.001;
/** Beyond this spread of the trials a difference between two results may be chance. */
const wideSpread = 0.1;
/** Beyond this share of a trial the uncertainty of its duration shows in the rate. */
const coarseTiming = 0.01;
/** RFC 2544, section 24: the final determination takes trials of at least this length. */
const rfc2544TrialSeconds = 60;

/** What to keep in mind with this result. */
export function caveatsOf(facts: ReportFacts): string[] {
  const { machine, summary, trials, backend, wire } = facts;
  const caveats: string[] = [];
  if (machine.verdict === 'overcommitted') {
    caveats.push(
      'The machine was overcommitted: the rate shows that the path works, and says little about how fast it is.',
    );
  }
  if (machine.verdict === 'noisy') {
    caveats.push('The machine was noisy: repeat the run on a quiet one before comparing the rate with another.');
  }
  if (summary.medianLossRatio < lossOfUnlimitedPath && trials.every(({ generatorDropped }) => generatorDropped === 0)) {
    caveats.push('Next to nothing was lost or refused: the generator, not the path, may be what limited the rate.');
  }
  if (summary.relativeSpread !== null && summary.relativeSpread > wideSpread) {
    caveats.push(`The trials differ by ${percent(summary.relativeSpread)} of their median.`);
  }
  if (trials.some(({ timingErrorSeconds, durationSeconds }) => timingErrorSeconds / durationSeconds > coarseTiming)) {
    const worst = Math.max(
      ...trials.map(({ timingErrorSeconds, durationSeconds }) => timingErrorSeconds / durationSeconds),
    );
    caveats.push(`The length of a trial is known to ${percent(worst)} only, and so is its rate.`);
  }
  if (summary.ci95 === null) {
    caveats.push(
      `${trials.length === 1 ? '1 trial gives' : `${trials.length} trials give`} no 95 % confidence interval of the median; six or more do.`,
    );
  }
  if (trials.some(({ durationSeconds }) => durationSeconds < rfc2544TrialSeconds)) {
    caveats.push(`The trials are shorter than the ${rfc2544TrialSeconds} s that RFC 2544 asks for.`);
  }
  if (backend === 'testpmd') {
    caveats.push('The backend testpmd copies every packet once each way; a vDPA backend copies none.');
  }
  if (wire.kind === 'memif') {
    caveats.push('The wire is shared memory (memif), not a NIC: its limits are those of this machine.');
  }
  return caveats;
}
