// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../process/run.ts';

/** Of what an image is made, for its labels, and so that it can be made again. */
export interface Origin {
  /** The commit, with `-dirty` behind it where the checkout has changes; null: no checkout. */
  readonly revision: string | null;
  /** Seconds since 1970. */
  readonly sourceDate: number;
}

/** 1980-01-01, the oldest that archives of all kinds can tell. */
const epoch = 315_532_800;

/** The time comes from SOURCE_DATE_EPOCH, or is that of the commit; an installed package has no time of its own. */
export async function originOf(root: string, env: NodeJS.ProcessEnv): Promise<Origin> {
  const given = env['SOURCE_DATE_EPOCH'] ?? '';
  const [revision, committed] = existsSync(join(root, '.git'))
    ? await Promise.all([
        git(root, env, ['describe', '--always', '--dirty', '--abbrev=40', '--exclude=*']),
        git(root, env, ['log', '-1', '--format=%ct']),
      ])
    : [null, null];
  const sourceDate = [given, committed ?? ''].find((text) => /^\d{1,12}$/.test(text));
  return { revision, sourceDate: sourceDate === undefined ? epoch : Number(sourceDate) };
}

/** null where there is no git, or it does not trust the checkout. */
async function git(root: string, env: NodeJS.ProcessEnv, args: readonly string[]): Promise<string | null> {
  const { exitCode, stdout } = await run('git', ['-C', root, ...args], { env, timeoutMs: 10_000 });
  return exitCode === 0 ? stdout.trim() : null;
}
