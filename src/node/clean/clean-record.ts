// SPDX-License-Identifier: Apache-2.0
import { errnoOf } from '../../errors/vdpa-error.ts';
import type { HostFiles } from './host-files.ts';

/** What is not removed, and why. */
export interface Left {
  readonly what: string;
  readonly why: string;
}

/** Removes single things and keeps account of it; in a dry run it keeps account only. */
export class CleanRecord {
  readonly removed: string[] = [];
  /** The stack's, and in use: gone when cleaning is run again later. */
  readonly left: Left[] = [];
  /** Not the stack's, or not any more: stays for good. */
  readonly kept: Left[] = [];
  readonly #files: HostFiles;
  readonly dryRun: boolean;

  constructor(files: HostFiles, dryRun: boolean) {
    this.#files = files;
    this.dryRun = dryRun;
  }

  leave(what: string, why: string): void {
    this.left.push({ what: shown(what), why: shown(why) });
  }

  keep(what: string, why: string): void {
    this.kept.push({ what: shown(what), why: shown(why) });
  }

  removeFile(path: string): void {
    this.attempt(path, () => this.#files.unlink(path));
  }

  /** Nothing happens where it is not empty or not there. */
  removeEmptyFolder(path: string): void {
    if (this.#files.stat(path)?.isDirectory() !== true || this.#files.list(path).length > 0) return;
    this.attempt(path, () => this.#files.removeFolder(path));
  }

  /** Does it, unless this is a dry run, and records what came of it. */
  attempt(path: string, work: () => void): void {
    try {
      if (!this.dryRun) work();
      this.removed.push(shown(path));
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === null) throw error;
      // Somebody else was faster, or has put something into it.
      if (errno !== 'ENOENT' && errno !== 'ENOTEMPTY') this.leave(path, `the system call says ${errno}`);
    }
  }
}

/** Paths may come from a file that anything may have written: nothing in them moves a terminal's cursor. */
function shown(text: string): string {
  return text.replace(/\p{C}/gu, '?').slice(0, 1000);
}
