// SPDX-License-Identifier: Apache-2.0

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export interface RunResult {
  /** null when the program could not be started or was ended by a signal. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output and standard error as they came. */
  readonly all: string;
  /** Why there is no exit code. */
  readonly failure: string | null;
}

/** Runs a program to its end. Never throws for what the program does; only an abort is thrown. */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { execa } = await import('execa');
  const result = await execa(file, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env, extendEnv: false }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    stdin: 'ignore',
    all: true,
    reject: false,
    maxBuffer: 16 * 1024 * 1024,
  });
  options.signal?.throwIfAborted();
  return {
    exitCode: result.exitCode ?? null,
    stdout: result.stdout,
    stderr: result.stderr,
    all: result.all,
    failure: result.exitCode === undefined ? (result.shortMessage ?? 'could not be started') : null,
  };
}
