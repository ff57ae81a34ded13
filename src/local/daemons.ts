// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { closeSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { logFile, type RunDir } from '../../dataplane/contract/run-dir.ts';
import { logTail, openLog } from '../files/capped-log.ts';
import { packageRoot } from '../files/package-root.ts';
import {
  endProcesses,
  type MarkedProcess,
  markedProcesses,
  markerFor,
  processVariable,
} from '../process/process-table.ts';
import { start } from '../process/start.ts';

export type Daemon = 'agent' | 'supervisor';

const endGraceMs = 2_000;

/** MiB. A daemon's live heap is below 16; without a limit Node.js lets it grow to several times that before it collects. */
const heapLimits = ['--max-old-space-size=40', '--max-semi-space-size=2'];

/** The running daemons of a stack. */
export function runningDaemon(dir: RunDir, daemon: Daemon): MarkedProcess | null {
  return markedProcesses(dir.root).find((found) => found.role === daemon) ?? null;
}

/** Carries the daemon's build in its environment: after an update `deploy` finds the old one out and replaces it. */
const buildVariable = 'VDPACTL_BUILD';

const bundleOf = (daemon: Daemon): string => join(packageRoot(), 'dist', `${daemon}.js`);

/** Whether a running daemon comes from the bundle that this command comes from. */
export function isCurrent(found: MarkedProcess, daemon: Daemon): boolean {
  return processVariable(found.pid, buildVariable) === buildOf(daemon);
}

/** The names of the bundle's shared parts carry their content's hash, so the entry changes whenever any part does. */
function buildOf(daemon: Daemon): string {
  return createHash('sha256')
    .update(readFileSync(bundleOf(daemon)))
    .digest('hex')
    .slice(0, 16);
}

/** Starts a daemon in a session of its own, so that it outlives this command and its terminal. */
export function startDaemon(dir: RunDir, daemon: Daemon, env: NodeJS.ProcessEnv): void {
  const logFd = openLog(logFile(dir, daemon));
  try {
    start(process.execPath, [...heapLimits, bundleOf(daemon), dir.root], {
      env: { PATH: env['PATH'], [buildVariable]: buildOf(daemon), ...markerFor(daemon, dir.root) },
      logFd,
      detached: true,
    });
  } finally {
    closeSync(logFd);
  }
}

export async function stopDaemon(dir: RunDir, daemon: Daemon): Promise<void> {
  await endProcesses(
    markedProcesses(dir.root).filter((found) => found.role === daemon),
    endGraceMs,
  );
}

export function daemonLog(dir: RunDir, daemon: Daemon, lines: number): string[] {
  const text = logTail(logFile(dir, daemon), 8192).trimEnd();
  return text === '' ? [] : text.split('\n').slice(-lines);
}
