// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a process holds, by its folder in a /proc: what would grow if something of it leaked. */
export function processHoldings(folder: string) {
  const status = readFileSync(join(folder, 'status'), 'utf8');
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return {
    residentMiB: Math.round(read('VmRSS') / 1024),
    peakMiB: Math.round(read('VmHWM') / 1024),
    threads: read('Threads'),
    openFiles: readdirSync(join(folder, 'fd')).length,
    mounts: readFileSync(join(folder, 'mountinfo'), 'utf8').trimEnd().split('\n').length,
  };
}
