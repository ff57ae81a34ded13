// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { messageOf } from '../errors/vdpa-error.ts';

export interface StartOptions {
  readonly env: NodeJS.ProcessEnv;
  /** File descriptor that takes standard output and standard error; without one the output can be read. */
  readonly logFd?: number;
  /** Whether the caller reads standard output itself, and the log takes standard error alone. */
  readonly stdout?: 'pipe';
  /** Whether the program lives on when this process ends, in a session of its own. */
  readonly detached?: boolean;
  /** Whether the caller writes to the program, or the file descriptor that it reads. */
  readonly stdin?: 'pipe' | 'ignore' | number;
}

export interface StartedProcess {
  /** undefined when the program could not be started; `ended` says why. */
  readonly pid: number | undefined;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly ended: Promise<ProcessEnd>;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** Why it could not be started, or null. */
  readonly failure: string | null;
}

/**
 * Starts a program that runs beside this one. The caller waits for it, ends it, or lets it go. Never throws: a program
 * that cannot be started has no pid and ends at once.
 */
export function start(file: string, args: readonly string[], options: StartOptions): StartedProcess {
  const output = options.stdout ?? options.logFd ?? 'pipe';
  let child: ChildProcess;
  try {
    child = spawn(file, args, {
      cwd: '/',
      env: options.env,
      stdio: [options.stdin ?? 'ignore', output, options.logFd ?? 'ignore'],
      detached: options.detached ?? false,
    });
  } catch (error) {
    // Node reports a missing program as an event, but a path through a file or too long an argument by throwing.
    return { pid: undefined, stdin: null, stdout: null, ended: Promise.resolve(notStarted(error)) };
  }
  if (options.detached === true) child.unref();
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve(notStarted(error));
    });
    child.once('exit', (code, signal) => resolve({ code, signal, failure: null }));
  });
  return { pid: child.pid, stdin: child.stdin, stdout: child.stdout, ended };
}

function notStarted(error: unknown): ProcessEnd {
  return { code: null, signal: null, failure: messageOf(error) };
}
