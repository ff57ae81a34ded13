// SPDX-License-Identifier: Apache-2.0
import {
  appendFileSync,
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';

/** A log this large is kept once as `.1` and begun anew: testpmd writes its counters for as long as it runs. */
export const maxLogBytes = 1024 * 1024;

/** Opens a log for a child to write to. Appending, so that cutting it under the writer leaves no hole. */
export function openLog(path: string): number {
  return openSync(path, 'a', 0o644);
}

/** Adds what was read from a program to its log. Never throws either: a full disk must not end a measurement. */
export function appendLog(path: string, text: string): void {
  try {
    appendFileSync(path, text);
  } catch {
    // what is printed next may fit again
  }
}

/**
 * Copies the end of a log that has grown over `limit` bytes aside and empties it; the writer keeps its descriptor. Never
 * throws: the log is a convenience, and a full disk must not end the data path.
 */
export function capLog(path: string, limit = maxLogBytes): void {
  if (logSize(path) <= limit) return;
  try {
    const fd = openSync(path, 'r+');
    try {
      keepEnd(path, fd);
      ftruncateSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Not there any more, or not ours to cut.
  }
}

function keepEnd(path: string, fd: number): void {
  const copy = `${path}.1.tmp`;
  try {
    writeFileSync(copy, readEnd(fd, maxLogBytes));
    renameSync(copy, `${path}.1`);
  } catch {
    // No room for a copy: emptying the log, which follows, is what makes room.
    rmSync(copy, { force: true });
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
