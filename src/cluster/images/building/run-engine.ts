// SPDX-License-Identifier: Apache-2.0
import { stripVTControlCharacters } from 'node:util';
import type { ErrorCode } from '../../../errors/error-codes.ts';
import { VdpaError } from '../../../errors/vdpa-error.ts';
import type { Progress } from '../../../output/progress.ts';
import { run } from '../../../process/run.ts';
import { type EngineCommand, requireDaemon } from './engine.ts';

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
  /** The image, by the name that matters. */
  readonly where?: string;
  /** What the program says where it failed, although it ended with 0. */
  readonly said?: RegExp;
  /** What the user does next, maybe by what the program said. */
  readonly next: string | ((said: string) => string);
}

/** Runs a command to its end and answers what it printed to standard output. Throws what `onFailure` says. */
export async function runEngine(
  { env, signal }: EngineRun,
  command: EngineCommand,
  onFailure: OnFailure,
  onLine?: (line: string) => void,
): Promise<string> {
  const { program, args } = command;
  const options = { env: { ...env, ...command.env }, signal, ...(onLine === undefined ? {} : { onLine }) };
  const result = await run(program, args, options);
  // k3d colours what it says, also where nobody sees it.
  const all = stripVTControlCharacters(result.all);
  const hasSaidSo = onFailure.said?.test(all) === true;
  if (result.exitCode === 0 && !hasSaidSo) return result.stdout;
  requireDaemon(command, all);
  // A build tells what went wrong in the midst of what it did; the others tell it apart.
  const errors = onLine === undefined ? stripVTControlCharacters(result.stderr).trimEnd() : '';
  const ended = result.exitCode === 0 ? 'told of an error' : `ended with ${result.exitCode}`;
  const why = result.failure ?? `${program} ${ended}`;
  throw new VdpaError(onFailure.code, `${onFailure.message}: ${why}`, {
    ...(onFailure.where === undefined ? {} : { where: onFailure.where }),
    next: typeof onFailure.next === 'string' ? onFailure.next : onFailure.next(all),
    details: (errors === '' ? all.trimEnd() : errors).split('\n').slice(-15),
  });
}
