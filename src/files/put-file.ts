// SPDX-License-Identifier: Apache-2.0
import { closeSync, openSync, realpathSync, rmSync, statSync } from 'node:fs';
import { errnoOf } from '../errors/vdpa-error.ts';
import { writeFileAtomic } from './write-atomic.ts';

/** Why a file was not written: something of its name is there. */
export type InTheWay = 'file' | 'folder' | 'special';

/**
 * Writes a new file, or with `force` puts it in the place of the one that is there. Answers whether one was replaced, or
 * what is in the way. Throws the error of the system call that fails, and VDPA-DISK-001 when the disk is full.
 */
export function putFile(path: string, content: string | Uint8Array, { force }: { force: boolean }): boolean | InTheWay {
  const info = force ? statSync(path, { throwIfNoEntry: false }) : undefined;
  if (info === undefined) return create(path, content);
  // Replacing a device or a pipe would take it away from everything else that uses it.
  if (!info.isFile()) return info.isDirectory() ? 'folder' : 'special';
  writeFileAtomic(realpathSync(path), content, info.mode & 0o777);
  return true;
}

function create(path: string, content: string | Uint8Array): false | InTheWay {
  try {
    // Takes the name first: between looking and writing, somebody else could have made the file.
    closeSync(openSync(path, 'wx', 0o644));
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return 'file';
    throw error;
  }
  try {
    writeFileAtomic(path, content);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
  return false;
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'the permission to write there is missing',
  EPERM: 'the permission to write there is missing',
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'its name is too long',
};

/** Why a file cannot be written, in words; null for what is not known. */
export function writeFailure(error: unknown): string | null {
  return reasons[errnoOf(error) ?? ''] ?? null;
}
