// SPDX-License-Identifier: Apache-2.0
import { closeSync, constants, openSync, rmSync, writeSync } from 'node:fs';
import { messageOf } from '../../src/errors/vdpa-error.ts';
import { logSize, logTail, openLog } from '../../src/files/capped-log.ts';
import { ask } from '../../src/process/ask.ts';
import {
  endProcesses,
  identify,
  isAlive,
  markerFor,
  type ProcessId,
  processVariable,
} from '../../src/process/process-table.ts';
import { type ProcessEnd, type StartedProcess, start } from '../../src/process/start.ts';
import type { BackendCounters, ProcessSpec } from '../contract/backend-spec.ts';
import { inputFile, logFile, type RunDir } from '../contract/run-dir.ts';
import { CountedPackets } from './count-packets.ts';
import type { Launch } from './launch.ts';

/** One backend process, started by this supervisor or found running when it began. */
export interface BackendProcess {
  /** null when it could not be started, or was gone before it could be looked at; `exit` says why. */
  readonly id: ProcessId | null;
  /** Settles when the process has ended. */
  readonly exit: Promise<ProcessEnd>;
  /** Whether its output holds `text`. */
  hasSaid(text: string): boolean;
  /** What DPDK has counted in it by now; null where it does not say. */
  counters(): BackendCounters | null;
  lastOutput(lines: number): string[];
  stop(graceMs: number): Promise<void>;
  /** Looks for its end no more; the process runs on. */
  letGo(): void;
}

const adoptedPollMs = 100;
const readyWindowBytes = 256 * 1024;

export const backendRole = (device: string): string => `backend:${device}`;
/** Carries the spec's hash in the process's environment, so that the next supervisor knows what it has found. */
const specHashVariable = 'VDPACTL_SPEC';
/** Where in the log its output begins, bytes; for the next supervisor too. */
const logStartVariable = 'VDPACTL_LOG_START';

/** Starts the process of `spec`. Never throws: what cannot be started ends at once and says why. */
export function startBackend(dir: RunDir, spec: ProcessSpec, specHash: string, launch: Launch): BackendProcess {
  const log = logFile(dir, spec.device);
  const logStart = logSize(log);
  let child: StartedProcess;
  try {
    for (const socket of spec.listensOn) rmSync(socket, { force: true });
    const logFd = openLog(log);
    const inputFd = spec.input.length === 0 ? null : openInput(inputFile(dir, spec.device), spec.input);
    try {
      child = start(launch.program, launch.args, {
        env: {
          PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
          // EAL makes its folder dpdk/ below this instead of below /var/run, where nobody would remove it.
          RUNTIME_DIRECTORY: dir.root,
          [specHashVariable]: specHash,
          [logStartVariable]: String(logStart),
          ...markerFor(backendRole(spec.device), dir.root),
        },
        logFd,
        detached: true,
        stdin: inputFd ?? 'ignore',
      });
    } finally {
      closeSync(logFd);
      if (inputFd !== null) closeSync(inputFd);
    }
  } catch (error) {
    const exit = Promise.resolve({ code: null, signal: null, failure: messageOf(error) });
    return { ...withLog(log, logStart), id: null, exit, stop: async () => {}, letGo: () => {} };
  }
  const id = child.pid === undefined ? null : identify(child.pid);
  return { ...withLog(log, logStart), id, exit: child.ended, stop: stopper(id), letGo: () => {} };
}

/**
 * A FIFO with `lines` in it, opened for reading and writing: the program holds its own other end, so that it never meets
 * an end of input, which would end it, whoever started it and however that ended.
 */
function openInput(path: string, lines: readonly string[]): number {
  rmSync(path, { force: true });
  if (ask('mkfifo', ['-m', '600', path]) === null) throw new Error(`${path}: mkfifo failed`);
  const fd = openSync(path, constants.O_RDWR);
  writeSync(fd, lines.map((line) => `${line}\n`).join(''));
  return fd;
}

/** Takes over a process that an earlier supervisor started. It is not a child, so its end has to be looked for. */
export function adoptBackend(
  dir: RunDir,
  device: string,
  id: ProcessId,
): BackendProcess & { readonly specHash: string } {
  const logStart = Number(processVariable(id.pid, logStartVariable) ?? 0);
  let timer: NodeJS.Timeout | undefined;
  const exit = new Promise<ProcessEnd>((resolve) => {
    timer = setInterval(() => {
      if (isAlive(id)) return;
      clearInterval(timer);
      resolve({ code: null, signal: null, failure: null });
    }, adoptedPollMs);
  });
  return {
    ...withLog(logFile(dir, device), logStart),
    id,
    specHash: processVariable(id.pid, specHashVariable) ?? '',
    exit,
    stop: stopper(id),
    letGo: () => clearInterval(timer),
  };
}

function withLog(log: string, logStart: number): Pick<BackendProcess, 'hasSaid' | 'lastOutput' | 'counters'> {
  const counted = new CountedPackets(log, logStart);
  return {
    counters: () => counted.read(),
    hasSaid: (text) => logTail(log, readyWindowBytes, logStart).includes(text),
    lastOutput: (lines) => {
      const text = logTail(log, 8192, logStart).trimEnd();
      return text === '' ? [] : text.split('\n').slice(-lines);
    },
  };
}

function stopper(id: ProcessId | null): BackendProcess['stop'] {
  return async (graceMs) => {
    if (id !== null) await endProcesses([id], graceMs);
  };
}
