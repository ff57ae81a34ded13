// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { run } from '../../../src/process/run.ts';

const buildScript = fileURLToPath(new URL('../build.sh', import.meta.url));

/** Exit code of build.sh where the machine lacks what it takes. */
const cannotBuild = 3;

/** The folder of what guests boot, made if it is not in the cache yet, or why this machine cannot make it. */
export async function labImage(): Promise<{ readonly built: string } | { readonly missing: string }> {
  const result = await run(buildScript, []);
  if (result.exitCode === cannotBuild) return { missing: result.stderr.replace(/^hardware: /gm, '').trim() };
  if (result.exitCode !== 0) throw new Error(`${buildScript} failed:\n${result.all}`);
  return { built: result.stdout.trim() };
}
