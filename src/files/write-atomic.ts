// SPDX-License-Identifier: Apache-2.0
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { errnoOf, VdpaError } from '../errors/vdpa-error.ts';

/** Writes a file so that a reader sees the old text or the new one, never a part. Throws VDPA-DISK-001 when full. */
export function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o644): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    rmSync(temporary, { force: true });
    // Exclusive: in a folder that others may write to, a link planted under this name is not followed.
    const fd = openSync(temporary, 'wx', mode);
    try {
      writeFileSync(fd, content);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw diskError(error, path);
  }
}

/** A full or read-only file system as an error that says what to do; anything else as it came. */
export function diskError(error: unknown, path: string): unknown {
  const errno = errnoOf(error);
  if (errno === 'ENOSPC' || errno === 'EDQUOT') {
    return new VdpaError('VDPA-DISK-001', 'there is no room left on the device', {
      where: path,
      next: 'free some space there (df shows how much is left) and run the same command again',
      cause: error,
    });
  }
  if (errno === 'EROFS') {
    return new VdpaError('VDPA-DISK-001', 'the file system is read-only', {
      where: path,
      next: 'choose another folder or mount it writable, and run the same command again',
      cause: error,
    });
  }
  return error;
}

/** The text of a file that may be missing or too large to be one of ours; null then. */
export function readTextFile(path: string, maxBytes = 1024 * 1024): string | null {
  try {
    const info = statSync(path);
    return info.isFile() && info.size <= maxBytes ? readFileSync(path, 'utf8') : null;
  } catch {
    return null;
  }
}
