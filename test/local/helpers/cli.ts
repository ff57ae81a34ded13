// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The entry that a user runs. */
export const cliPath = fileURLToPath(new URL('../../../bin/vdpactl.js', import.meta.url));

/** A run that takes this long hangs, ms. */
const hangMs = 90_000;

export interface RunResult {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

export interface RunningProgram {
  readonly pid: number;
  readonly ended: Promise<RunResult>;
  /** What it has printed so far. */
  stdout(): string;
  stderr(): string;
  /** Waits until its output holds `text`. Throws when it ends before. */
  saw(text: string | RegExp): Promise<void>;
  /** Signals this process alone, as `kill` does. */
  kill(signal: NodeJS.Signals): void;
  /** Signals its whole process group, as a terminal does on Ctrl-C. */
  killGroup(signal: NodeJS.Signals): void;
}

export interface RunOptions {
  readonly cwd: string;
  /** After this it hangs, ms; a minute and a half unless given. */
  readonly hangMs?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts a program in a process group of its own, as a shell does. */
export function startProgram(argv: readonly [string, ...string[]], options: RunOptions): RunningProgram {
  const began = performance.now();
  const child = spawn(argv[0], argv.slice(1), {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`cannot start ${argv.join(' ')}`);
  const output = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const listener of listeners) listener();
    });
  }
  let result: RunResult | null = null;
  const hang = setTimeout(() => child.kill('SIGKILL'), options.hangMs ?? hangMs);
  const ended = new Promise<RunResult>((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(hang);
      result = { code, signal, ...output, ms: performance.now() - began };
      resolve(result);
      for (const listener of listeners) listener();
    });
  });
  return {
    pid,
    ended,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    saw: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const all = output.stdout + output.stderr;
          const found = typeof text === 'string' ? all.includes(text) : text.test(all);
          if (!found && result === null) return;
          listeners.delete(look);
          if (found) resolve();
          else reject(new Error(`${argv.join(' ')} ended without printing ${text}:\n${all}`));
        };
        listeners.add(look);
        look();
      }),
    kill: (signal) => void child.kill(signal),
    killGroup(signal) {
      try {
        process.kill(-pid, signal);
      } catch {
        // it has ended
      }
    },
  };
}

export function startCli(args: readonly string[], options: RunOptions): RunningProgram {
  return startProgram([process.execPath, cliPath, ...args], options);
}

/** Whatever a user sees of a run, for the message of a failing assertion. */
export function transcript(result: RunResult): string {
  const how = result.signal === null ? `exit ${result.code}` : `signal ${result.signal}`;
  return `${how} after ${Math.round(result.ms)} ms\nstdout: ${result.stdout}\nstderr: ${result.stderr}`;
}
