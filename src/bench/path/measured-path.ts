// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BackendSpec,
  backendStatusSchema,
  hasProcess,
  type ProcessSpec,
} from '../../../dataplane/contract/backend-spec.ts';
import type { AttachmentMessage } from '../../../dataplane/contract/grpc.ts';
import { logFile, type RunDir, statusFile } from '../../../dataplane/contract/run-dir.ts';
import { parseVhostConnected } from '../../backends/output/testpmd-output.ts';
import type { BenchConfig } from '../../config/config-schema.ts';
import { VdpaError } from '../../errors/vdpa-error.ts';
import { logSize, logTail } from '../../files/capped-log.ts';
import { readJsonFile } from '../../files/json-file.ts';
import { withAgent, workloadEnvironment } from '../../local/attach.ts';
import { l3fwdMemory } from '../../local/gather-facts.ts';
import type { StoredStack } from '../../local/stack-files.ts';
import type { WorkloadPrograms } from '../../local/workload-programs.ts';
import type { Progress } from '../../output/progress.ts';
import { identify, markedProcesses } from '../../process/process-table.ts';
import { flowgenNetwork, Generator, memifClient } from './generator.ts';
import { type L3fwd, startL3fwd } from './l3fwd.ts';

/** The path that is measured, up and connected: generator – wire – backend – virtio – workload. */
export interface MeasuredPath {
  readonly attachment: AttachmentMessage;
  readonly spec: ProcessSpec;
  readonly workload: L3fwd;
  /** The generator that runs now. */
  readonly generator: Generator;
  readonly backendLog: string;
  /** The process behind the device now; 0 when there is none. It changes when the supervisor starts it again. */
  backendPid(): number;
  /**
   * Starts another generator in place of the one there is, whether or not that still runs: DPDK's memif may crash at
   * either end when the other one is killed while packets are under way. Waits for the backend first, where that is on its
   * way up: the generator connects once, as it starts, and not by itself where nobody listens yet.
   */
  restartGenerator(): Promise<void>;
}

export interface PathRequest {
  readonly dir: RunDir;
  readonly stack: StoredStack;
  readonly bench: BenchConfig;
  readonly programs: WorkloadPrograms;
  readonly testpmd: string;
  /** The device to measure; null: the first that is free. */
  readonly device: string | null;
  /** For wires af_packet and nic: the interface at the other end. */
  readonly generatorInterface: string | null;
  readonly env: NodeJS.ProcessEnv;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const workloadName = 'bench';
/** A backend looks for its workload's socket once a second. */
const connectTimeoutMs = 5_000;
/** A backend that was killed again and again is put off for a while before it is started. */
const restartTimeoutMs = 20_000;
const pollMs = 20;

/** Brings the path up, runs `work` on it, and takes it down again whatever happens. */
export async function withMeasuredPath<Result>(
  request: PathRequest,
  work: (path: MeasuredPath) => Promise<Result>,
): Promise<Result> {
  const { dir, progress } = request;
  return withAgent(dir, async (client) => {
    // What a killed benchmark left is taken back first.
    await client.detach(workloadName, null);
    progress.step('Attaching a device');
    const attachment = await client.attach(workloadName, request.device);
    const undo: (() => Promise<unknown>)[] = [() => client.detach(workloadName, null)];
    try {
      const spec = request.stack.backends.find((backend) => backend.device === attachment.device);
      if (spec === undefined) throw new Error(`no backend for ${attachment.device}`);
      if (!hasProcess(spec) || spec.backend !== 'testpmd') throw noCounters(spec.backend);
      const vdev = generatorDevice(spec, request.generatorInterface);
      const backendLog = logFile(dir, spec.device);
      const backendLogStart = logSize(backendLog);

      const role = `backend:${spec.device}`;
      const backendPid = () => markedProcesses(dir.root).find((found) => found.role === role)?.pid ?? 0;

      progress.step('Starting l3fwd on it');
      const workload = await startWorkload(request, attachment);
      undo.unshift(() => workload.end());
      await waitConnected(backendLog, backendLogStart, request.signal);

      progress.step('Starting the traffic generator');
      const launch = () => launchGenerator(request, spec, vdev);
      let generator = await launch();
      undo.unshift(async () => {
        await generator.end();
        await waitForBackend(dir, spec, connectTimeoutMs);
      });
      await waitForLink(generator, request.signal);
      return await work({
        attachment,
        spec,
        workload,
        get generator() {
          return generator;
        },
        backendLog,
        backendPid,
        restartGenerator: async () => {
          await generator.end();
          await waitForBackend(dir, spec, restartTimeoutMs);
          generator = await launch();
          await waitForLink(generator, request.signal);
          // A backend that was just killed may have looked alive: then this one was too early, and is told to try again.
          const deadline = performance.now() + restartTimeoutMs;
          while (!(await generator.reconnect()) && performance.now() < deadline) await sleep(pollMs);
        },
      });
    } finally {
      for (const step of undo) await step().catch(() => {});
    }
  });
}

function launchGenerator(request: PathRequest, spec: ProcessSpec, vdev: string): Promise<Generator> {
  const { bench, dir, env, signal, stack, testpmd } = request;
  return Generator.launch({
    testpmd,
    vdev,
    ...generatorCpus(stack, spec),
    memoryMiB: bench.memoryMiB,
    frameSize: bench.frameSize,
    runDir: dir.root,
    log: logFile(dir, 'generator'),
    env,
    signal,
  });
}

/**
 * The generator ends on another CPU than the one that the backend polls on. DPDK's memif unmaps its rings as soon as the
 * other end has gone, without waiting for who polls them: a backend that was put off its CPU within a ring, by the end of
 * the generator itself, finds it gone and crashes.
 */
function generatorCpus({ cpus }: StoredStack, spec: ProcessSpec): { cpu: number; controlCpu: number } {
  return { cpu: cpus.generator, controlCpu: cpus.generator === spec.cpu ? cpus.workload : cpus.generator };
}

/** It can happen all the same, on a machine with other work on it. The stack is left as it was found: running. */
async function waitForBackend(dir: RunDir, { device }: BackendSpec, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  const runs = () => {
    const status = readJsonFile(statusFile(dir, device), backendStatusSchema);
    return status?.state === 'running' && status.pid !== null && identify(status.pid)?.startTicks === status.startTicks;
  };
  do await sleep(pollMs);
  while (!runs() && performance.now() < deadline);
}

function startWorkload(request: PathRequest, attachment: AttachmentMessage): Promise<L3fwd> {
  const { dir, bench, programs } = request;
  return startL3fwd({
    program: programs.l3fwd,
    environment: workloadEnvironment(programs.ealshim, join(attachment.folder, 'eal.args')),
    cpu: request.stack.cpus.workload,
    memoryMiB: l3fwdMemory(bench),
    routes: [flowgenNetwork],
    folder: dir.bench,
    runDir: dir.root,
    log: logFile(dir, 'l3fwd'),
    env: request.env,
    signal: request.signal,
  });
}

/** The benchmark counts packets at each hop, and only a backend that moves them can. */
function noCounters(backend: string): VdpaError {
  return new VdpaError('VDPA-BENCH-006', `behind ${backend} nothing counts the packets, which the hardware moves`, {
    where: 'backend',
    next: 'deploy with --backend testpmd to measure, or attach a workload of your own: vdpactl attach NAME',
  });
}

/** The generator's end of a wire. Throws VDPA-WIRE-001 for a wire that has no other end. */
function generatorDevice(spec: BackendSpec, netdev: string | null): string {
  if (spec.wire.kind === 'memif' && spec.wire.at !== null) return memifClient(spec.wire.at);
  if (spec.wire.kind !== 'null' && netdev !== null) {
    return `net_af_packet0,iface=${netdev},framecnt=4096,blocksz=65536`;
  }
  if (spec.wire.kind !== 'null') {
    throw new VdpaError('VDPA-WIRE-001', 'the other end of the wire is not known', {
      where: spec.wire.at ?? spec.device,
      next: 'name it with --generator-interface: the other end of the veth pair, or an interface at the other end of the cable',
    });
  }
  throw new VdpaError('VDPA-WIRE-001', `the wire ${spec.wire.kind} has no other end to send from`, {
    where: spec.device,
    next: 'deploy with --wire memif, or af_packet on one end of a veth pair',
  });
}

/** memif comes up a moment after both ends are there. Without a link in time, the trial itself will say so. */
async function waitForLink(generator: Generator, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + connectTimeoutMs;
  while ((await generator.link())?.up !== true && performance.now() < deadline) {
    await sleep(pollMs, undefined, { signal });
  }
}

async function waitConnected(log: string, from: number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + connectTimeoutMs;
  // Traffic before this is lost; without it in time, the trial itself will say that nothing came back, and why.
  while (parseVhostConnected(logTail(log, 64 * 1024, from)) !== true && performance.now() < deadline) {
    await sleep(pollMs, undefined, { signal });
  }
}
