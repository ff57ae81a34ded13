// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { logFile, type RunDir } from '../../dataplane/contract/run-dir.ts';
import { VdpaError } from '../errors/vdpa-error.ts';
import { logTail } from '../files/capped-log.ts';
import type { Progress } from '../output/progress.ts';
import { daemonLog, runningDaemon } from './daemons.ts';
import { type StackStatus, stackStatus } from './status.ts';

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

const pollMs = 100;
const logLines = 12;
/** A backend that ended this often while it was waited for will not come up. */
const hopelessRestarts = 3;
/** How long a daemon that was just started may be missing from the process table, ms. */
const daemonGraceMs = 3_000;

/** Waits until the agent answers and every backend forwards. Throws VDPA-DEPLOY-002 or -003 with the log's last lines. */
export async function waitUntilReady(dir: RunDir, options: WaitOptions): Promise<void> {
  const began = performance.now();
  const restartsBefore = new Map<string, number>();
  let said = '';
  for (;;) {
    options.signal.throwIfAborted();
    const status = await stackStatus(dir);
    if (status.state === 'healthy') return;
    failIfHopeless(dir, status, restartsBefore, performance.now() - began);
    if (performance.now() - began > options.timeoutMs) throw timedOut(dir, status, options.timeoutMs);
    const waitingFor = status.problems.join('; ');
    if (waitingFor !== said && performance.now() - began > 2_000) {
      said = waitingFor;
      options.progress.update(waitingFor);
    }
    await sleep(pollMs, undefined, { signal: options.signal });
  }
}

function failIfHopeless(dir: RunDir, status: StackStatus, restartsBefore: Map<string, number>, waitedMs: number): void {
  for (const device of status.devices) {
    const before = restartsBefore.get(device.device) ?? device.restarts;
    restartsBefore.set(device.device, before);
    const restarts = device.restarts - before;
    if (restarts < hopelessRestarts || device.lastExit === null || device.state === 'running') continue;
    const how =
      device.lastExit.signal === null ? `with exit code ${device.lastExit.code}` : `by ${device.lastExit.signal}`;
    throw new VdpaError('VDPA-DEPLOY-003', `the backend of ${device.device} ended ${restarts} times, last ${how}`, {
      where: device.log,
      next: 'its last lines are above: mend what they name, then run the same command again',
      details: device.lastExit.output,
    });
  }
  for (const daemon of ['agent', 'supervisor'] as const) {
    if (waitedMs < daemonGraceMs || runningDaemon(dir, daemon) !== null) continue;
    throw new VdpaError('VDPA-DEPLOY-003', `the ${daemon} does not stay up`, {
      where: logFile(dir, daemon),
      next: 'its last lines are above; please report this if they do not tell what to mend',
      details: daemonLog(dir, daemon, logLines),
    });
  }
}

function timedOut(dir: RunDir, status: StackStatus, timeoutMs: number): VdpaError {
  const device = status.devices.find((candidate) => candidate.problem !== null);
  const log = device?.log ?? logFile(dir, 'agent');
  return new VdpaError('VDPA-DEPLOY-002', `after ${timeoutMs / 1000} s: ${status.problems.join('; ')}`, {
    where: log,
    next: 'run the same command again with a longer --timeout; on a busy machine start-up takes longer',
    details: logTail(log, 8192).trimEnd().split('\n').slice(-logLines),
  });
}
