// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawnSync } from 'node:child_process';

export function isInstalled(shell: string): boolean {
  return spawnSync(shell, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** The lines that a shell prints for a script. */
export function linesOf(shell: string, args: readonly string[], cwd: string): string[] {
  const text = execFileSync(shell, args, {
    cwd,
    encoding: 'utf8',
    timeout: 20_000,
    env: { PATH: process.env['PATH'], HOME: cwd },
  });
  return text.split('\n').filter((line) => line !== '');
}
