// SPDX-License-Identifier: Apache-2.0
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from '../process/run.ts';

export interface Dpdk {
  /** The path of dpdk-testpmd. */
  readonly testpmd: string;
  /** `22.11.11`; null when it does not say. */
  readonly version: string | null;
}

/** The path of a program in PATH, or null. */
export function findProgram(name: string, env: NodeJS.ProcessEnv): string | null {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not here
    }
  }
  return null;
}

/** The version in EAL's own words: `EAL: RTE Version: 'DPDK 22.11.11'`. */
export function parseDpdkVersion(text: string): string | null {
  return /RTE Version: 'DPDK ([0-9][^']{0,40})'/.exec(text)?.[1] ?? null;
}

/** The DPDK that this machine has, by its testpmd; null when there is none. */
export async function installedDpdk(env: NodeJS.ProcessEnv): Promise<Dpdk | null> {
  const testpmd = env['VDPACTL_TESTPMD'] ?? findProgram('dpdk-testpmd', env);
  if (testpmd === null) return null;
  // The help is printed before EAL takes any memory or device, and with -v it begins with the version.
  const { all } = await run(testpmd, ['-v', '-h'], { env, timeoutMs: 10_000 });
  return { testpmd, version: parseDpdkVersion(all) };
}
