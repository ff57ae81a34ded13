// SPDX-License-Identifier: Apache-2.0
import { closeSync, createWriteStream, openSync, renameSync, rmSync, statSync, type WriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Pack } from 'tar-stream';
import { errnoOf, messageOf, VdpaError } from '../../errors/vdpa-error.ts';
import { writeFailure } from '../../files/put-file.ts';
import { diskError } from '../../files/write-atomic.ts';
import { pack } from '../../platform/capture/tar.ts';

/** Readable by whoever asked for it alone: it says much of a cluster. */
const mode = 0o600;

/**
 * A gzipped tar that is written while it is filled: one entry is in memory. It has its name only once it is whole; until then
 * an empty file holds the name.
 */
export class ArchiveFile {
  readonly #path: string;
  readonly #shown: string;
  readonly #temporary: string;
  readonly #replaces: boolean;
  readonly #pack: Pack;
  readonly #done: Promise<void>;
  #last: Promise<void> = Promise.resolve();
  #failure: unknown = null;
  #files = 0;

  private constructor(path: string, shown: string, temporary: string, replaces: boolean, out: WriteStream) {
    this.#path = path;
    this.#shown = shown;
    this.#temporary = temporary;
    this.#replaces = replaces;
    this.#pack = pack();
    this.#done = pipeline(this.#pack, createGzip({ level: 6 }), out);
    // Who adds the next entry is told.
    this.#done.catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  /** @throws VdpaError VDPA-CONFIG-004 for a file in the way, VDPA-SYSDUMP-001 and VDPA-DISK-001 where none can be made. */
  static open(path: string, shown: string, force: boolean): ArchiveFile {
    const temporary = `${path}.${process.pid}.tmp`;
    const there = statSync(path, { throwIfNoEntry: false });
    if (there !== undefined && !(force && there.isFile())) throw inTheWay(shown, there.isFile());
    try {
      // Takes the name first: between looking and writing, somebody else could have made the file.
      if (there === undefined) closeSync(openSync(path, 'wx', mode));
      rmSync(temporary, { force: true });
      const fd = openSync(temporary, 'wx', mode);
      return new ArchiveFile(path, shown, temporary, there !== undefined, createWriteStream(temporary, { fd }));
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') throw inTheWay(shown, true);
      if (there === undefined) rmSync(path, { force: true });
      throw notWritten(shown, error);
    }
  }

  /** How many files are in it. */
  get files(): number {
    return this.#files;
  }

  /** Adds a file, after those before it. Resolves when there is room for the next one. */
  add(name: string, content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const added = this.#last.then(() => this.#write(name, bytes));
    this.#last = added.catch(() => {});
    return added;
  }

  /** Answers how large it is, bytes. */
  async finish(): Promise<number> {
    await this.#last;
    try {
      this.#pack.finalize();
      await this.#done;
      const { size } = statSync(this.#temporary);
      renameSync(this.#temporary, this.#path);
      return size;
    } catch (error) {
      await this.discard();
      throw notWritten(this.#shown, error);
    }
  }

  /** Leaves nothing behind. */
  async discard(): Promise<void> {
    this.#pack.destroy();
    await this.#done.catch(() => {});
    rmSync(this.#temporary, { force: true });
    if (!this.#replaces) rmSync(this.#path, { force: true });
  }

  async #write(name: string, bytes: Uint8Array): Promise<void> {
    if (this.#failure !== null) throw notWritten(this.#shown, this.#failure);
    const header = { name, size: bytes.length, mode: 0o600, uid: 0, gid: 0 };
    const written = new Promise<void>((resolve, reject) => {
      this.#pack.entry(header, Buffer.from(bytes), (error) => (error ? reject(error) : resolve()));
    });
    // A disk that is full ends the stream, and nobody takes the entry any more.
    await Promise.race([written, this.#done]).catch((error: unknown) => {
      throw notWritten(this.#shown, this.#failure ?? error);
    });
    this.#files += 1;
  }
}

function inTheWay(shown: string, isFile: boolean): VdpaError {
  return new VdpaError(
    'VDPA-CONFIG-004',
    `there is something of this name already${isFile ? '' : ' that is no file'}`,
    {
      where: shown,
      next: isFile ? 'name another file, or replace this one with --force' : 'name another file',
    },
  );
}

function notWritten(shown: string, error: unknown): unknown {
  if (error instanceof VdpaError) return error;
  const disk = diskError(error, shown);
  if (disk instanceof VdpaError) return disk;
  return new VdpaError(
    'VDPA-SYSDUMP-001',
    `the sysdump cannot be written: ${writeFailure(error) ?? messageOf(error)}`,
    {
      where: shown,
      next: 'name a file that you may write, in a folder that exists, with --file',
      cause: error,
    },
  );
}
