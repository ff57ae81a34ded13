// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The environment variable that marks every process of a stack with its role and run directory. The process table is
 * the record of what runs: it cannot be out of date after a crash, as a file of process ids can.
 */
export const markerVariable = 'VDPACTL_PROCESS';

/** A process, told apart from a later one with the same id by when it started. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks since boot: field 22 of /proc/PID/stat. */
  readonly startTicks: number;
}

export interface MarkedProcess extends ProcessId {
  /** `agent`, `supervisor`, `backend:local0`, `generator`, `workload`. */
  readonly role: string;
}

export function markerFor(role: string, runDir: string): Record<string, string> {
  return { [markerVariable]: `${role}@${runDir}` };
}

/** What a line of /proc/PID/stat says of a process. */
export interface ProcessStat {
  /** Of its first thread, as a letter. */
  readonly state: string;
  readonly threads: number;
  readonly startTicks: number;
}

/** Reads one /proc/PID/stat line; null for anything else. */
export function parseStat(text: string): ProcessStat | null {
  // The command name stands in parentheses and may hold any character, parentheses too.
  const nameEnd = text.lastIndexOf(')');
  if (nameEnd === -1) return null;
  const fields = text
    .slice(nameEnd + 1)
    .trim()
    .split(/\s+/);
  const state = fields[0] ?? '';
  const [threads, ticks] = [fields[17] ?? '', fields[19] ?? ''];
  if (!/^[A-Za-z]$/.test(state) || !/^\d+$/.test(threads) || !/^\d+$/.test(ticks)) return null;
  const startTicks = Number(ticks);
  return Number.isSafeInteger(startTicks) ? { state, threads: Number(threads), startTicks } : null;
}

/**
 * Whether nothing of a process runs any more: it waits to be collected. While it ends, its first thread is a zombie before
 * the others are, and until the last of them is one its memory is not freed.
 */
export function hasEnded({ state, threads }: ProcessStat): boolean {
  return (state === 'Z' || state === 'X') && threads <= 1;
}

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return null; // gone, or not ours to read
  }
}

/** The identity of a living process; null when there is none or it has ended. */
export function identify(pid: number): ProcessId | null {
  const stat = parseStat(readProc(pid, 'stat') ?? '');
  return stat === null || hasEnded(stat) ? null : { pid, startTicks: stat.startTicks };
}

export function isAlive(id: ProcessId): boolean {
  return identify(id.pid)?.startTicks === id.startTicks;
}

/** A variable of the environment that a process was started with; null when it has none or cannot be read. */
export function processVariable(pid: number, name: string): string | null {
  const entry = readProc(pid, 'environ')
    ?.split('\0')
    .find((line) => line.startsWith(`${name}=`));
  return entry === undefined ? null : Buffer.from(entry.slice(name.length + 1), 'latin1').toString('utf8');
}

/**
 * The folder that a path leads to, as a process sees it. Two processes may mean different folders by one path: a host
 * sees the processes of its containers, each of which may have a stack of its own in /run/vdpactl.
 */
function folderSeenBy(process: number | 'self', path: string): string | null {
  try {
    const { dev, ino } = statSync(`/proc/${process}/root${path}`);
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}

/** The living processes of the stack in `runDir`, this one excepted. */
export function markedProcesses(runDir: string): MarkedProcess[] {
  const found: MarkedProcess[] = [];
  // The folder above: the run directory itself may be gone while processes of its stack are still there.
  const parent = dirname(runDir);
  const ourParent = folderSeenBy('self', parent);
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const marker = processVariable(pid, markerVariable);
    if (marker === null) continue;
    const at = marker.indexOf('@');
    if (at === -1 || marker.slice(at + 1) !== runDir) continue;
    const id = folderSeenBy(pid, parent) === ourParent ? identify(pid) : null;
    if (id !== null) found.push({ ...id, role: marker.slice(0, at) });
  }
  return found;
}

/** The living processes with a mark, wherever they see their folders: for one that no two stacks of a machine share. */
export function processesMarked(marker: string): ProcessId[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || processVariable(pid, markerVariable) !== marker) return [];
    return identify(pid) ?? [];
  });
}

/** Sends a signal to exactly this process; false when it is gone or is not ours to signal. */
export function signalProcess(id: ProcessId, signal: NodeJS.Signals): boolean {
  if (!isAlive(id)) return false;
  try {
    return process.kill(id.pid, signal);
  } catch {
    return false;
  }
}

/** Ends processes: SIGTERM, then SIGKILL for those still there after `graceMs`. Answers those that would not go. */
export async function endProcesses(ids: readonly ProcessId[], graceMs: number): Promise<ProcessId[]> {
  const killWaitMs = 2_000;
  for (const id of ids) signalProcess(id, 'SIGTERM');
  // Not those that took the signal: one that may not be signalled is still there.
  let left = ids.filter(isAlive);
  for (const [signal, waitMs] of [[null, graceMs] as const, ['SIGKILL', killWaitMs] as const]) {
    if (signal !== null) for (const id of left) signalProcess(id, signal);
    const deadline = performance.now() + waitMs;
    left = left.filter(isAlive);
    while (left.length > 0 && performance.now() < deadline) {
      await sleep(20);
      left = left.filter(isAlive);
    }
  }
  return left;
}
