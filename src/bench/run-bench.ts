// SPDX-License-Identifier: Apache-2.0
import { type RunDir, runDir } from '../../dataplane/contract/run-dir.ts';
import { noFacts } from '../check/facts.ts';
import { firstFailure, runChecks } from '../check/run-checks.ts';
import { VdpaError } from '../errors/vdpa-error.ts';
import { benchMemory, stackFacts } from '../local/gather-facts.ts';
import { type PlannedStack, planStack, type StackRequest } from '../local/plan-stack.ts';
import { readStack, type StoredStack } from '../local/stack-files.ts';
import { withStackLock } from '../local/stack-lock.ts';
import { endStrays } from '../local/strays.ts';
import { workloadPrograms } from '../local/workload-programs.ts';
import type { Progress } from '../output/progress.ts';
import { interfaceFacts } from '../platform/network/interface-facts.ts';
import { openRoot } from '../platform/root-fs.ts';
import { diagnose } from './diagnosis/diagnose.ts';
import { observe } from './diagnosis/observe.ts';
import { machineFacts } from './machine/machine-facts.ts';
import type { Poller } from './machine/machine-interval.ts';
import { type MachineSample, sampleMachine } from './machine/machine-sample.ts';
import { judgeMachine } from './machine/machine-verdict.ts';
import { type BackendCounters, countedBetween, freshBackendCounters } from './path/backend-counters.ts';
import { type MeasuredPath, withMeasuredPath } from './path/measured-path.ts';
import { cameBack, runTrial, type TrialCounts } from './path/trial.ts';
import type { BenchReport } from './report/bench-report.ts';
import { buildBenchReport } from './report/build-report.ts';

export interface BenchRequest extends StackRequest {
  readonly device: string | null;
  readonly generatorInterface: string | null;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

interface Measurement {
  readonly trials: TrialCounts[];
  readonly samples: { before: MachineSample; after: MachineSample }[];
  readonly counted: BackendCounters;
}

/** Length of the trial that only asks whether anything comes back, seconds. */
const connectivitySeconds = 0.5;

/**
 * Measures the deployed stack: attaches a device, runs the workload and the generator on it, and times trials after a
 * warm-up. Throws VDPA-BENCH-001 with the reason found when nothing comes back.
 */
export async function runBench(request: BenchRequest): Promise<BenchReport> {
  const dir = runDir(request.runDir);
  return withStackLock(dir.root, 'bench', async () => {
    const started = new Date();
    const stack = requireStack(dir);
    await endStrays(dir);
    const planned = await planStack({ ...request, target: 'machine' });
    requireMachine(dir, planned, request);
    checkGeneratorInterface(request);
    const testpmd = planned.dpdk?.testpmd ?? 'dpdk-testpmd';
    const version = planned.dpdk?.version ?? null;
    const programs = await workloadPrograms(version ?? 'unknown', request.env, request.progress, request.signal);
    const { bench } = request.config;

    return withMeasuredPath({ ...request, dir, stack, bench, programs, testpmd }, async (path) => {
      const { trials, samples, counted } = await measure(path, request);
      const pollers = pollersOf(path, stack);
      return buildBenchReport({
        ...machineFacts(planned, { testpmd, l3fwd: programs.l3fwd, ealshim: programs.ealshim }),
        workload: bench.workload,
        provider: stack.decision.provider,
        backend: stack.decision.backend,
        wire: { kind: path.spec.wire.kind, interface: path.spec.wire.kind === 'af_packet' ? path.spec.wire.at : null },
        frameSize: bench.frameSize,
        // l3fwd uses the first queue pair, however many the device has.
        queues: 1,
        queueSize: path.spec.queueSize,
        warmupSeconds: bench.warmupSeconds,
        processes: pollers.map(({ name, cpus }) => ({ role: name, cpus: [...cpus] })),
        started,
        trials,
        backendCounts: {
          backendFromWire: counted.wire?.rx ?? null,
          backendToWorkload: counted.vhost?.tx ?? null,
          backendFromWorkload: counted.vhost?.rx ?? null,
          backendToWire: counted.wire?.tx ?? null,
        },
        machine: judgeMachine({ trials: samples, pollers }),
        minRate: bench.minRate,
      });
    });
  });
}

async function measure(path: MeasuredPath, { config, progress, signal }: BenchRequest): Promise<Measurement> {
  const { trials: count, durationSeconds, warmupSeconds } = config.bench;
  const backendPid = path.backendPid();
  progress.step('Does anything come back?');
  const probe = await runTrial(path.generator, connectivitySeconds, signal);
  if (!cameBack(probe)) throw await nothingCameBack(path, signal);
  if (warmupSeconds > 0) {
    progress.step(`Warm-up, ${warmupSeconds} s`);
    await runTrial(path.generator, warmupSeconds, signal);
  }
  const countersBefore = await freshBackendCounters(path.backendLog, signal);
  const fs = openRoot('/');
  const pids = [process.pid, path.generator.pid, path.workload.id.pid, backendPid];
  const trials: TrialCounts[] = [];
  const samples: Measurement['samples'] = [];
  for (let index = 0; index < count && brokenPart(path, backendPid) === null; index += 1) {
    progress.step(`Trial ${index + 1} of ${count}, ${durationSeconds} s`);
    const before = sampleMachine(fs, { pids, now: Date.now() });
    const trial = await runTrial(path.generator, durationSeconds, signal).catch((error: unknown) => {
      const broken = signal.aborted ? null : brokenPart(path, backendPid);
      throw broken === null ? error : pathBroke(path, broken, index + 1);
    });
    trials.push(trial);
    samples.push({ before, after: sampleMachine(fs, { pids, now: Date.now() }) });
  }
  const countersAfter = await freshBackendCounters(path.backendLog, signal);
  if (!trials.some(cameBack)) throw await nothingCameBack(path, signal);
  const broken = brokenPart(path, backendPid);
  if (broken !== null) throw pathBroke(path, broken, trials.length);
  return { trials, samples, counted: countedBetween(countersBefore, countersAfter) };
}

async function nothingCameBack(path: MeasuredPath, signal: AbortSignal): Promise<VdpaError> {
  const { reason, explanation, next, counters } = diagnose(await observe(path, signal));
  return new VdpaError('VDPA-BENCH-001', `no packet came back (${reason}): ${explanation}`, {
    where: path.attachment.device,
    next,
    details: counters,
  });
}

/** What of the path is no longer what it was when the measurement began, or null. */
function brokenPart(path: MeasuredPath, backendPid: number): string | null {
  if (path.backendPid() !== backendPid) return 'the backend was restarted';
  return path.workload.isAlive() ? null : 'the workload ended';
}

function pathBroke(path: MeasuredPath, what: string, trials: number): VdpaError {
  return new VdpaError('VDPA-BENCH-005', `${what} during the measurement, by the end of trial ${trials}`, {
    where: path.attachment.device,
    next: 'see when and why: vdpactl status, and the logs that it names; then run the same command again',
  });
}

function pollersOf(
  path: MeasuredPath,
  stack: StoredStack,
): (Poller & { name: 'generator' | 'backend' | 'workload' })[] {
  return [
    { name: 'generator', cpus: [stack.cpus.generator] },
    { name: 'backend', cpus: path.spec.cpu === null ? [] : [path.spec.cpu] },
    { name: 'workload', cpus: [stack.cpus.workload] },
  ];
}

function requireStack(dir: RunDir): StoredStack {
  const stack = readStack(dir);
  if (stack !== null) return stack;
  throw new VdpaError('VDPA-DEPLOY-001', 'nothing is deployed', {
    where: dir.root,
    next: 'run: vdpactl deploy --provider local',
  });
}

/** Refuses before anything is started what would fail half-way: no root, no DPDK, too little memory. */
function requireMachine(dir: RunDir, planned: PlannedStack, { config, env }: BenchRequest): void {
  const machine = { ...stackFacts(dir, planned, config, env, true), memoryMiB: benchMemory(config.bench), heldMiB: [] };
  const failure = firstFailure(
    runChecks({ ...noFacts, machine }, { only: ['VDPA-ROOT-001', 'VDPA-DPDK-001', 'VDPA-HUGE-001'] }),
  );
  if (failure !== null) throw failure;
}

function checkGeneratorInterface({ generatorInterface: name, env }: BenchRequest): void {
  if (name === null) return;
  const facts = interfaceFacts(name, { env });
  if (!facts.exists) {
    throw new VdpaError('VDPA-WIRE-001', 'there is no such interface', {
      where: name,
      next: 'list the interfaces with: ip link',
    });
  }
  if (facts.uplink) {
    throw new VdpaError(
      'VDPA-UPLINK-001',
      `it is an uplink (${facts.reasons.join('; ')}), and a generator would flood it`,
      {
        where: name,
        next: 'choose the other end of the wire, such as of a veth pair: ip link add wire0 type veth peer name wire1',
      },
    );
  }
}
