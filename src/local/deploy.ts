// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunDir, runDir } from '../../dataplane/contract/run-dir.ts';
import { specHash } from '../../dataplane/contract/spec-store.ts';
import { firstFailure, runChecks } from '../check/run-checks.ts';
import { VdpaError } from '../errors/vdpa-error.ts';
import { isFull } from '../files/free-space.ts';
import { diskError } from '../files/write-atomic.ts';
import { type Progress, silentProgress } from '../output/progress.ts';
import { signalProcess } from '../process/process-table.ts';
import { schemaVersion } from '../schema-version.ts';
import type { LocalStack } from '../templates/local-stack.ts';
import { type Daemon, isCurrent, runningDaemon, startDaemon, stopDaemon } from './daemons.ts';
import { destroyStack } from './destroy.ts';
import { gatherFacts } from './gather-facts.ts';
import { planStack, type StackRequest } from './plan-stack.ts';
import { readStack, runDirExists, writeStack } from './stack-files.ts';
import { withStackLock } from './stack-lock.ts';
import { stackStatus } from './status.ts';
import { endStrays } from './strays.ts';
import { waitUntilReady } from './wait-ready.ts';

/** How long the kernel may take to free the huge pages of a process that was killed. */
const pagesComeBackMs = 1_000;
const pagesPollMs = 50;

export interface DeployResult {
  readonly schemaVersion: typeof schemaVersion;
  readonly runDir: string;
  /** false: everything was as wanted already. */
  readonly changed: boolean;
  /** Checks that warned. */
  readonly warnings: readonly string[];
  readonly stack: LocalStack;
}

export interface DeployRequest extends StackRequest {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * Brings the stack on this machine to what the config says, from whatever is there. A first deployment that fails or is
 * interrupted leaves nothing behind; one onto a running stack leaves that as far as it came, and the next run goes on.
 */
export async function deployStack(request: DeployRequest): Promise<DeployResult> {
  const dir = runDir(request.runDir);
  return withStackLock(dir.root, 'deploy', async () => {
    const { progress, signal } = request;
    progress.step('Looking at this machine');
    await endStrays(dir);
    const { planned, rows } = await lookAround(dir, request);
    const warnings = rows.filter((row) => row.level === 'warn').map((row) => `${row.id}: ${row.found}: ${row.hint}`);
    signal.throwIfAborted();

    const isFirst = !runDirExists(dir) || readStack(dir) === null;
    const changed = isFirst || (await differs(dir, planned.stack));
    try {
      if (changed) {
        progress.step(`Writing the stack to ${dir.root}`);
        writeStack(dir, planned.stack);
        progress.step('Starting the agent and the supervisor');
        await ensureDaemon(dir, 'supervisor', request.env);
        await ensureDaemon(dir, 'agent', request.env);
      }
      progress.step('Waiting for the agent and the backends');
      await waitUntilReady(dir, { timeoutMs: request.timeoutMs, signal, progress });
    } catch (error) {
      const cause = becauseFull(dir, error);
      if (isFirst) await destroyStack(dir, silentProgress);
      throw cause;
    }
    return { schemaVersion, runDir: dir.root, changed, warnings, stack: planned.stack };
  });
}

/** The plan for this machine and what the checks of it say. */
async function lookAround(dir: RunDir, request: DeployRequest) {
  const deadline = performance.now() + pagesComeBackMs;
  for (;;) {
    const planned = await planStack(request);
    const rows = runChecks(gatherFacts(dir, planned, request.config, request.env, false), { skip: ['VDPA-DPDK-002'] });
    const failure = firstFailure(rows);
    if (failure === null) return { planned, rows };
    // A backend that was just killed can still hold its huge pages when it does not show as one of a stack any more.
    const inUse = planned.report.node.hugepages.some(({ total, free }) => free < total);
    const mayComeBack = failure.code === 'VDPA-HUGE-001' && inUse && performance.now() < deadline;
    if (!mayComeBack) throw failure;
    request.signal.throwIfAborted();
    await sleep(pagesPollMs);
  }
}

/** A full disk shows as many things: a daemon without a log, a backend that nobody can say is up. */
function becauseFull(dir: RunDir, error: unknown): unknown {
  const shows: readonly string[] = ['VDPA-DEPLOY-002', 'VDPA-DEPLOY-003'];
  if (!(error instanceof VdpaError)) return diskError(error, dir.root);
  if (!shows.includes(error.code) || !isFull(dir.root)) return error;
  return new VdpaError('VDPA-DISK-001', `there is no room left on the device: ${error.message}`, {
    where: dir.root,
    next: 'free some space there (df shows how much is left, df -i how many files) and run the same command again',
    details: error.details,
    cause: error,
  });
}

/** Whether what is deployed and running is anything but this stack. */
async function differs(dir: RunDir, stack: LocalStack): Promise<boolean> {
  const deployed = readStack(dir)?.backends ?? [];
  const hashes = (backends: LocalStack['backends']) =>
    backends.map((backend) => `${backend.device} ${specHash(backend)}`).sort();
  if (hashes(deployed).join() !== hashes(stack.backends).join()) return true;
  for (const daemon of ['agent', 'supervisor'] as const) {
    const found = runningDaemon(dir, daemon);
    if (found === null || !isCurrent(found, daemon)) return true;
  }
  return (await stackStatus(dir)).state !== 'healthy';
}

async function ensureDaemon(dir: RunDir, daemon: Daemon, env: NodeJS.ProcessEnv): Promise<void> {
  const found = runningDaemon(dir, daemon);
  if (found !== null && isCurrent(found, daemon)) {
    // A running supervisor may be waiting out a back-off; to deploy again means to try again now.
    if (daemon === 'supervisor') signalProcess(found, 'SIGCONT');
    return;
  }
  if (found !== null) await stopDaemon(dir, daemon);
  startDaemon(dir, daemon, env);
}
