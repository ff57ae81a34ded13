// SPDX-License-Identifier: Apache-2.0

/**
 * What a short-lived system program prints, asked at once: for a probe, which reads and never waits for anything else.
 * null when the program is not there, fails or takes longer than a second. Its environment is empty but for the
 * directories of system programs, which a user's PATH often lacks.
 */
export function ask(file: string, args: readonly string[]): string | null {
  // Asked seldom, so the module is loaded only then.
  const { spawnSync } = process.getBuiltinModule('node:child_process');
  const result = spawnSync(file, args, {
    env: { PATH: '/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
    timeout: 1000,
    killSignal: 'SIGKILL',
    maxBuffer: 4 * 1024 * 1024,
  });
  return result.status === 0 ? result.stdout : null;
}
