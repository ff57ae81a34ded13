// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cliPath } from './cli.ts';

const parent = '/run';
/** What follows the name of a run directory in that of a file system that a test mounts beside it. */
export const diskSuffix = '-disk';
const pattern = /^vdpactl-t-(\d+)-[0-9a-f]{6}(-disk)?$/;

/** A run directory that nobody else has; `owner` is the process whose end makes it stale. */
export function newRunDir(owner: number): string {
  return join(parent, `vdpactl-t-${owner}-${randomBytes(3).toString('hex')}`);
}

/** Removes the stacks that a killed run of the tests left. */
export function removeStaleStacks(): void {
  for (const name of readdirSync(parent)) {
    const owner = pattern.exec(name)?.[1];
    if (owner === undefined || existsSync(join('/proc', owner))) continue;
    const path = join(parent, name);
    const runDir = name.endsWith(diskSuffix) ? join(path, 'run') : path;
    spawnSync(process.execPath, [cliPath, 'destroy', '--run-dir', runDir], { stdio: 'ignore' });
    spawnSync('umount', ['--lazy', path], { stdio: 'ignore' });
    rmSync(path, { recursive: true, force: true });
  }
}
