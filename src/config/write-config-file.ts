// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, realpathSync, rmSync, statSync } from 'node:fs';
import { errnoOf, messageOf, VdpaError } from '../errors/vdpa-error.ts';
import { writeFileAtomic } from '../files/write-atomic.ts';
import { printable } from './printable.ts';

/**
 * Writes a new config file, or with `force` puts it in the place of the one that is there. Returns whether one was.
 * Throws VDPA-CONFIG-004 for a file in the way, VDPA-CONFIG-005 and VDPA-DISK-001 when it cannot be written.
 */
export function writeConfigFile(path: string, text: string, options: { force: boolean; shown: string }): boolean {
  const shown = printable(options.shown);
  try {
    return options.force ? overwrite(path, text, shown) : create(path, text, shown);
  } catch (error) {
    if (error instanceof VdpaError) throw error;
    throw new VdpaError('VDPA-CONFIG-005', `the config file cannot be written: ${reasonOf(error)}`, {
      where: shown,
      next: 'name a file that you may write, or print it instead: vdpactl init --stdout',
      cause: error,
    });
  }
}

function create(path: string, text: string, shown: string): boolean {
  try {
    // Takes the name first: between looking and writing, somebody else could have made the file.
    closeSync(openSync(path, 'wx', 0o644));
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    throw inTheWay('there is a file of this name already', shown, 'vdpactl init --force replaces it');
  }
  try {
    writeFileAtomic(path, text);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
  return false;
}

function overwrite(path: string, text: string, shown: string): boolean {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) return create(path, text, shown);
  // Replacing a device or a pipe would take it away from everything else that uses it.
  if (!info.isFile()) {
    const what = info.isDirectory() ? 'a folder' : 'no ordinary file';
    throw inTheWay(`there is something of this name that is ${what}`, shown, 'name another file');
  }
  writeFileAtomic(realpathSync(path), text, info.mode & 0o777);
  return true;
}

function inTheWay(message: string, shown: string, next: string): VdpaError {
  return new VdpaError('VDPA-CONFIG-004', message, {
    where: shown,
    next: `${next}; vdpactl init --stdout prints the config instead`,
  });
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'the permission to write there is missing',
  EPERM: 'the permission to write there is missing',
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'its name is too long',
};

function reasonOf(error: unknown): string {
  return reasons[errnoOf(error) ?? ''] ?? messageOf(error);
}
