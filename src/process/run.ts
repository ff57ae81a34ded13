// SPDX-License-Identifier: Apache-2.0

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Called with each line of standard output and standard error while the program runs. */
  readonly onLine?: (line: string) => void;
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
  const running = execa(file, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env, extendEnv: false }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    stdin: 'ignore',
    all: true,
    reject: false,
    maxBuffer: 16 * 1024 * 1024,
  });
  if (options.onLine !== undefined) {
    const { createInterface } = process.getBuiltinModule('node:readline');
    createInterface({ input: running.all }).on('line', options.onLine);
  }
  const result = await running;
  options.signal?.throwIfAborted();
  return {
    exitCode: result.exitCode ?? null,
    stdout: result.stdout,
    stderr: result.stderr,
    all: result.all,
    failure: result.exitCode === undefined ? (result.shortMessage ?? 'could not be started') : null,
  };
}

export interface RunBytesOptions extends RunOptions {
  /** What the program reads from its standard input. */
  readonly input?: string;
  /** The program is ended when it prints more. */
  readonly maxBytes?: number;
}

export interface RunBytesResult {
  /** null when the program could not be started or was ended. */
  readonly exitCode: number | null;
  readonly stdout: Uint8Array;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** Why there is no exit code. */
  readonly failure: string | null;
}

/** As `run`, for a program that is given something to read and prints no text. */
export async function runBytes(
  file: string,
  args: readonly string[],
  options: RunBytesOptions = {},
): Promise<RunBytesResult> {
  const { execa } = await import('execa');
  const maxBytes = options.maxBytes ?? 16 * 1024 * 1024;
  const running = execa(file, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env, extendEnv: false }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    input: options.input ?? '',
    encoding: 'buffer',
    // Collected here: execa would make a text of it for the message of an error, which takes half a minute for 32 MiB.
    buffer: { stdout: false },
    reject: false,
    maxBuffer: 1024 * 1024,
  });
  const chunks: Uint8Array[] = [];
  let length = 0;
  running.stdout.on('data', (chunk: Uint8Array) => {
    length += chunk.length;
    if (length > maxBytes) running.kill('SIGKILL');
    else chunks.push(chunk);
  });
  const result = await running;
  options.signal?.throwIfAborted();
  return {
    exitCode: result.exitCode ?? null,
    stdout: Buffer.concat(chunks),
    stderr: Buffer.from(result.stderr).toString('utf8'),
    timedOut: result.timedOut,
    failure: result.exitCode === undefined ? (result.shortMessage ?? 'could not be started') : null,
  };
}
