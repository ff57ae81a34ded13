// SPDX-License-Identifier: Apache-2.0
import { constants, type FileHandle, lstat, open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf, messageOf, VdpaError } from '../errors/vdpa-error.ts';

/** A config is a page of text. What is larger was named by mistake. */
const maxConfigBytes = 1024 * 1024;

/** How long a pipe may stay silent, milliseconds. */
const pipePatienceMs = 10_000;

/**
 * The bytes of a config file. A pipe works too, as in `--config <(envsubst < template.yaml)`.
 * Throws VDPA-CONFIG-001 with `shown` as the name; returns null when there is no such file.
 */
export async function readConfigFile(path: string, shown: string): Promise<Buffer | null> {
  let file: FileHandle;
  try {
    // Without O_NONBLOCK, opening a pipe that nobody writes to would hang beyond the reach of Ctrl-C.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && !(await isDanglingLink(path))) return null;
    throw cannotRead(shown, reasonOf(error), error);
  }
  try {
    return await readAll(file, shown);
  } catch (error) {
    throw error instanceof VdpaError ? error : cannotRead(shown, reasonOf(error), error);
  } finally {
    await file.close();
  }
}

async function readAll(file: FileHandle, shown: string): Promise<Buffer> {
  const info = await file.stat();
  if (info.isDirectory()) throw cannotRead(shown, 'it is a folder');
  if (info.size > maxConfigBytes) throw tooLarge(shown);
  const isPipe = info.isFIFO();
  const buffer = Buffer.alloc(maxConfigBytes + 1);
  const deadline = performance.now() + pipePatienceMs;
  let length = 0;
  for (;;) {
    const read = await readSome(file, buffer, length);
    length += read ?? 0;
    if (length > maxConfigBytes) throw tooLarge(shown);
    if (read === 0 && (length > 0 || !isPipe)) return buffer.subarray(0, length);
    if (read === null || read === 0) {
      // An empty pipe may only not have been opened yet by the one who is to write to it.
      if (performance.now() > deadline) throw cannotRead(shown, 'nothing was written to it for 10 s');
      await delay(10);
    }
  }
}

/** How many bytes came; 0 at the end, null when there is nothing yet. */
async function readSome(file: FileHandle, buffer: Buffer, offset: number): Promise<number | null> {
  try {
    return (await file.read(buffer, offset, buffer.length - offset, null)).bytesRead;
  } catch (error) {
    if (errnoOf(error) === 'EAGAIN') return null;
    throw error;
  }
}

async function isDanglingLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it is a symbolic link to a file that does not exist',
  EACCES: 'the permission to read it is missing',
  EPERM: 'the permission to read it is missing',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is not a folder',
  ELOOP: 'its symbolic links go in a circle',
  ENAMETOOLONG: 'its name is too long',
  ENXIO: 'it is a socket or a device',
};

function reasonOf(error: unknown): string {
  return reasons[errnoOf(error) ?? ''] ?? messageOf(error);
}

function cannotRead(shown: string, reason: string, cause?: unknown): VdpaError {
  return new VdpaError('VDPA-CONFIG-001', `the config file cannot be read: ${reason}`, {
    where: shown,
    next: 'name a readable file with --config FILE, or write one to begin with: vdpactl init FILE',
    cause,
  });
}

function tooLarge(shown: string): VdpaError {
  return cannotRead(shown, 'it is larger than 1 MiB, so it is hardly a config file');
}
