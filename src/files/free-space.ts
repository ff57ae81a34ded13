// SPDX-License-Identifier: Apache-2.0
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';

export interface FreeSpace {
  readonly mib: number;
  /** How many files may still be made; null where the file system has no such limit. */
  readonly files: number | null;
}

/** Room on the file system that a path is on, or its nearest parent that exists; null when it cannot be told. */
export function freeSpace(path: string): FreeSpace | null {
  for (let at = path; ; at = dirname(at)) {
    try {
      const { bavail, bsize, files, ffree } = statfsSync(at);
      return { mib: Math.floor((bavail * bsize) / 1024 / 1024), files: files === 0 ? null : ffree };
    } catch {
      if (at === dirname(at)) return null;
    }
  }
}

/** Whether next to nothing can be written there any more. */
export function isFull(path: string): boolean {
  const free = freeSpace(path);
  return free !== null && (free.mib < 1 || (free.files !== null && free.files < 1));
}
