// SPDX-License-Identifier: Apache-2.0
import { closeSync, rmSync } from 'node:fs';
import { logSize, logTail, openLog } from '../../src/files/capped-log.ts';
import { endProcesses, identify, isAlive, markerFor, type ProcessId } from '../../src/process/process-table.ts';
import { type ProcessEnd, start } from '../../src/process/start.ts';
import type { BackendSpec } from '../contract/backend-spec.ts';
import { logFile, type RunDir } from '../contract/run-dir.ts';

/** One backend process, started by this supervisor or found running when it began. */
export interface BackendProcess {
  readonly id: ProcessId;
  /** Settles when the process has ended. */
  readonly exit: Promise<ProcessEnd>;
  /** Whether its output says that it forwards. */
  isReady(): boolean;
  lastOutput(lines: number): string[];
  stop(graceMs: number): Promise<void>;
}

const adoptedPollMs = 100;
const readyWindowBytes = 256 * 1024;

export const backendRole = (device: string): string => `backend:${device}`;
/** Carries the spec's hash in the process's environment, so that the next supervisor knows what it has found. */
export const specHashVariable = 'VDPACTL_SPEC';

export function startBackend(dir: RunDir, spec: BackendSpec, specHash: string): BackendProcess {
  const log = logFile(dir, spec.device);
  for (const socket of spec.listensOn) rmSync(socket, { force: true });
  const logStart = logSize(log);
  const logFd = openLog(log);
  const child = start(spec.program, spec.args, {
    env: {
      PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
      // EAL makes its folder dpdk/ below this instead of below /var/run, where nobody would remove it.
      RUNTIME_DIRECTORY: dir.root,
      [specHashVariable]: specHash,
      ...markerFor(backendRole(spec.device), dir.root),
    },
    logFd,
    detached: true,
  });
  closeSync(logFd);
  const id = child.pid === undefined ? null : identify(child.pid);
  return backendProcess(id ?? { pid: child.pid ?? 0, startTicks: -1 }, child.ended, log, logStart, spec.readyText);
}

/** Takes over a process that an earlier supervisor started. It is not a child, so its end has to be looked for. */
export function adoptBackend(dir: RunDir, device: string, id: ProcessId): BackendProcess {
  const exit = new Promise<ProcessEnd>((resolve) => {
    const timer = setInterval(() => {
      if (isAlive(id)) return;
      clearInterval(timer);
      resolve({ code: null, signal: null, failure: null });
    }, adoptedPollMs);
  });
  // It was ready under the supervisor before; its first lines may be long gone from the log.
  return { ...backendProcess(id, exit, logFile(dir, device), 0, ''), isReady: () => true };
}

function backendProcess(
  id: ProcessId,
  exit: Promise<ProcessEnd>,
  log: string,
  logStart: number,
  readyText: string,
): BackendProcess {
  return {
    id,
    exit,
    isReady: () => logTail(log, readyWindowBytes, logStart).includes(readyText),
    lastOutput: (lines) => logTail(log, 8192, logStart).trimEnd().split('\n').slice(-lines),
    async stop(graceMs) {
      await endProcesses([id], graceMs);
    },
  };
}
