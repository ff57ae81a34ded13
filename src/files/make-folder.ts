// SPDX-License-Identifier: Apache-2.0
import { lstatSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '../errors/vdpa-error.ts';

/**
 * Makes a folder and those above it that are missing, and answers the first that was made; null: it was there. Throws the
 * error of the system call that fails, and leaves none of them then. Node's own `recursive` never returns where the kernel
 * says ENOENT for a folder below one that exists, as it does in /proc.
 */
export function makeFolder(path: string, mode = 0o755): string | null {
  const wanted = [path];
  for (let at = path; lstatSync(at, { throwIfNoEntry: false }) === undefined; ) {
    at = dirname(at);
    wanted.unshift(at);
  }
  const made: string[] = [];
  try {
    for (const folder of wanted) if (ensure(folder, mode)) made.push(folder);
  } catch (error) {
    for (const folder of made.reverse()) rmdirSync(folder);
    throw error;
  }
  return made[0] ?? null;
}

/** Whether the folder had to be made. */
function ensure(folder: string, mode: number): boolean {
  try {
    mkdirSync(folder, { mode });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST' && statSync(folder).isDirectory()) return false;
    throw error;
  }
}
