// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmdirSync,
  type Stats,
  unlinkSync,
} from 'node:fs';
import { join, posix } from 'node:path';
import type { EntryKind } from '../../platform/tree/file-tree.ts';
import { resolvePath } from '../../platform/tree/resolve-path.ts';

/** Never through a link, never waiting for the other end of a FIFO. */
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
const textLimit = 1024 * 1024;
const chunkBytes = 1024 * 1024;

/**
 * The files of a host below a folder, by the paths that the host knows. Links in the middle of a path are those of its
 * administrator (`/var/run`) and are followed below the folder, never out of it; a link at the end is never followed.
 */
export class HostFiles {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Where this process finds it; null when a folder on the way is missing. */
  locate(path: string): string | null {
    const folder = resolvePath(this.#tree, posix.dirname(path));
    const name = posix.basename(path);
    if (folder === null || name === '' || name === '.' || name === '..') return null;
    return join(this.#root, folder, name);
  }

  /** Of the entry itself, also where it is a link; null: there is none. */
  stat(path: string): Stats | null {
    const at = this.locate(path);
    return at === null ? null : (lstatSync(at, { throwIfNoEntry: false }) ?? null);
  }

  /** The names in a folder; none where there is no such folder. */
  list(path: string): string[] {
    const at = this.locate(path);
    return at !== null && this.stat(path)?.isDirectory() === true ? readdirSync(at).sort() : [];
  }

  /** The text of a regular file; null for anything else, and for one too large to be what is looked for. */
  read(path: string): string | null {
    return this.#open(path, (fd, { size }) => (size <= textLimit ? readFileSync(fd, 'utf8') : null));
  }

  /** The SHA-256 of a regular file; null for anything else. */
  sha256(path: string): string | null {
    return this.#open(path, (fd) => {
      const hash = createHash('sha256');
      const chunk = Buffer.allocUnsafe(chunkBytes);
      for (let length = readSync(fd, chunk); length > 0; length = readSync(fd, chunk)) {
        hash.update(chunk.subarray(0, length));
      }
      return hash.digest('hex');
    });
  }

  /** Throws the error of the system call. */
  unlink(path: string): void {
    const at = this.locate(path);
    if (at !== null) unlinkSync(at);
  }

  /** Only an empty folder. Throws the error of the system call. */
  removeFolder(path: string): void {
    const at = this.locate(path);
    if (at !== null) rmdirSync(at);
  }

  #open<Answer>(path: string, read: (fd: number, stats: Stats) => Answer | null): Answer | null {
    const at = this.locate(path);
    let fd: number;
    try {
      if (at === null) return null;
      fd = openSync(at, readFlags);
    } catch {
      return null;
    }
    try {
      const stats = fstatSync(fd);
      return stats.isFile() ? read(fd, stats) : null;
    } finally {
      closeSync(fd);
    }
  }

  /** Looked at anew each time: the tree changes under our hands. */
  readonly #tree = {
    kind: (path: string): EntryKind | null => {
      const stats = lstatSync(join(this.#root, path), { throwIfNoEntry: false });
      if (stats === undefined) return null;
      return stats.isSymbolicLink() ? 'link' : stats.isDirectory() ? 'directory' : stats.isFile() ? 'file' : 'other';
    },
    readLink: (path: string): string | null => readlinkSync(join(this.#root, path)),
  };
}
