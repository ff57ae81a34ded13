// SPDX-License-Identifier: Apache-2.0
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '../../../src/errors/vdpa-error.ts';

/** The calls by which attachments change files, as the kernel has them: handed in, so that a test can let each fail. */
export type Files = Pick<
  typeof fs,
  | 'chmodSync'
  | 'chownSync'
  | 'openSync'
  | 'closeSync'
  | 'writeSync'
  | 'fstatSync'
  | 'fchmodSync'
  | 'fchownSync'
  | 'lstatSync'
  | 'mkdirSync'
  | 'readdirSync'
  | 'readFileSync'
  | 'realpathSync'
  | 'renameSync'
  | 'rmdirSync'
  | 'unlinkSync'
>;

export const nodeFiles: Files = fs;

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = fs.constants;

/** A folder by the file descriptor that has it open: whatever happens to names since, it is this one. */
export const folderPath = (fd: number): string => `/proc/self/fd/${fd}`;

/** Makes a folder and those above it where they are missing. Node's own `recursive` says ENOENT of a read-only file system. */
export function ensureFolder(files: Files, path: string, mode: number): void {
  const make = () => ignoring(['EEXIST'], () => files.mkdirSync(path, { mode }));
  try {
    make();
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    ensureFolder(files, dirname(path), mode);
    make();
  }
}

/** Opens a folder whose own name is no link. */
export function openFolder(files: Files, path: string): number {
  return files.openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

export function withFolder<Result>(files: Files, path: string, use: (fd: number) => Result): Result {
  const fd = openFolder(files, path);
  try {
    return use(fd);
  } finally {
    files.closeSync(fd);
  }
}

/**
 * Puts a file into a folder, the old text or the new one and never a part. No link is followed, whoever may write to the
 * folder. Nothing is synced: what these files tell of does not outlive the machine either.
 */
export function putFile(files: Files, folder: string, name: string, content: string, mode: number): void {
  const temporary = `${folder}/${temporaryName(name)}`;
  const create = () => files.openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  let fd = ignoring(['EEXIST'], create);
  if (fd === null) {
    // Left by one that was killed, or planted.
    unlinkIfThere(files, temporary);
    fd = create();
  }
  try {
    try {
      writeAll(files, fd, Buffer.from(content));
      files.fchmodSync(fd, mode);
    } finally {
      files.closeSync(fd);
    }
    files.renameSync(temporary, `${folder}/${name}`);
  } catch (error) {
    unlinkIfThere(files, temporary);
    throw error;
  }
}

export const temporaryName = (name: string): string => `.${name}.tmp`;

function writeAll(files: Files, fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += files.writeSync(fd, bytes, at);
}

export function unlinkIfThere(files: Files, path: string): void {
  // Mostly it is not, and an error that is thrown and caught takes longer than the call.
  if (!isThere(files, path)) return;
  ignoring(['ENOENT'], () => files.unlinkSync(path));
}

/** Whether there is something by this name, be it a link to nothing. */
export function isThere(files: Files, path: string): boolean {
  return files.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** null where the call fails in one of these ways. */
export function ignoring<Result>(errnos: readonly string[], call: () => Result): Result | null {
  try {
    return call();
  } catch (error) {
    if (errnos.includes(errnoOf(error) ?? '')) return null;
    throw error;
  }
}
