// SPDX-License-Identifier: Apache-2.0
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, renameSync, statSync, writeFileSync } from 'node:fs';

/** A log this large is kept once as `.1` and begun anew: testpmd writes its counters for as long as it runs. */
export const maxLogBytes = 1024 * 1024;

/** Opens a log for a child to write to. Appending, so that cutting it under the writer leaves no hole. */
export function openLog(path: string): number {
  return openSync(path, 'a', 0o644);
}

/** Copies a log that has grown too large aside and empties it; the writer keeps its descriptor. */
export function capLog(path: string): void {
  try {
    if (statSync(path).size <= maxLogBytes) return;
    const fd = openSync(path, 'r+');
    try {
      writeFileSync(`${path}.1.tmp`, readEnd(fd, maxLogBytes));
      renameSync(`${path}.1.tmp`, `${path}.1`);
      ftruncateSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // The log is a convenience: a full disk must not end the data path.
  }
}

/** The last `bytes` of a log from `from` on, as text; empty when there is none. */
export function logTail(path: string, bytes: number, from = 0): string {
  try {
    const fd = openSync(path, 'r');
    try {
      return readEnd(fd, bytes, from).toString('utf8');
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}

function readEnd(fd: number, bytes: number, from = 0): Buffer {
  const size = fstatSync(fd).size;
  // A log that is shorter than where we began was cut in between.
  const start = Math.max(from <= size ? from : 0, size - bytes);
  const buffer = Buffer.alloc(size - start);
  const read = readSync(fd, buffer, 0, buffer.length, start);
  return buffer.subarray(0, read);
}

export function logSize(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
