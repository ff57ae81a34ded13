// SPDX-License-Identifier: Apache-2.0
import type { ErrorCode } from '../../../errors/error-codes.ts';
import { VdpaError } from '../../../errors/vdpa-error.ts';
import type { Progress } from '../../../output/progress.ts';
import { run } from '../../../process/run.ts';
import type { EngineCommand } from './engine.ts';

/** What running the commands of an engine takes. */
export interface EngineRun {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

export interface OnFailure {
  readonly code: ErrorCode;
  /** What did not happen: `node cannot be built`. */
  readonly message: string;
  readonly next: string;
}

/** Runs a command to its end and answers what it printed to standard output. Throws what `onFailure` says. */
export async function runEngine(
  { env, signal }: EngineRun,
  { program, args }: EngineCommand,
  onFailure: OnFailure,
  onLine?: (line: string) => void,
): Promise<string> {
  const options = { env, signal, ...(onLine === undefined ? {} : { onLine }) };
  const result = await run(program, args, options);
  if (result.exitCode === 0) return result.stdout;
  const why = result.failure ?? `${program} ended with ${result.exitCode}`;
  throw new VdpaError(onFailure.code, `${onFailure.message}: ${why}`, {
    next: onFailure.next,
    details: result.all.trimEnd().split('\n').slice(-15),
  });
}
