// SPDX-License-Identifier: Apache-2.0
import { messageOf, VdpaError } from '../../errors/vdpa-error.ts';
import type { Progress } from '../../output/progress.ts';
import { scrub } from './allow/scrub.ts';
import type { ArchiveFile } from './archive-file.ts';

/** Something that is not in a part although it could be, and why. */
export interface Gap {
  readonly what: string;
  /** `skipped`: it was not tried. */
  readonly outcome: 'failed' | 'skipped';
  readonly why: string;
}

/** What became of a part of a sysdump. */
export interface PartRecord {
  readonly part: string;
  /** `partial`: some of it is there. */
  readonly outcome: 'saved' | 'partial' | 'failed' | 'skipped';
  /** null where it is whole. */
  readonly why: string | null;
  readonly files: number;
  readonly gaps: readonly Gap[];
}

/** What a part is gathered with. */
export interface PartScope {
  /** Aborts when the time of the part is over. */
  readonly signal: AbortSignal;
  add(name: string, content: string | object): Promise<void>;
  gap(what: string, outcome: Gap['outcome'], why: unknown): void;
  /** There is nothing to gather, for a reason that is none of a failure. */
  skip(why: string): void;
  update(text: string): void;
}

/** Of more, only how many there are is kept. */
const mostGaps = 1000;

/** Gathers part after part into an archive. One that fails is a record, and no reason not to gather the next. */
export class Parts {
  readonly #archive: ArchiveFile;
  readonly #progress: Progress;
  readonly #signal: AbortSignal;
  readonly #records: PartRecord[] = [];

  constructor(archive: ArchiveFile, progress: Progress, signal: AbortSignal) {
    this.#archive = archive;
    this.#progress = progress;
    this.#signal = signal;
  }

  get records(): readonly PartRecord[] {
    return this.#records;
  }

  skip(part: string, why: string): void {
    this.#records.push({ part, outcome: 'skipped', why, files: 0, gaps: [] });
  }

  /** @throws what concerns the sysdump as a whole: it cannot be written, or was interrupted. */
  async gather(part: string, deadlineMs: number, work: (scope: PartScope) => Promise<void>): Promise<void> {
    this.#progress.step(`Saving ${part}`);
    const before = this.#archive.files;
    const gaps: Gap[] = [];
    let more = 0;
    let skipped: string | null = null;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Late(deadlineMs)), deadlineMs);
    const signal = AbortSignal.any([this.#signal, late.signal]);
    let why: string | null = null;
    try {
      const working = work({
        signal,
        add: async (name, content) => {
          // What still runs after its time must not come into the parts after it.
          signal.throwIfAborted();
          await this.#archive.add(
            name,
            typeof content === 'string' ? content : `${JSON.stringify(content, null, 1)}\n`,
          );
        },
        gap: (what, outcome, reason) => {
          if (gaps.length < mostGaps) gaps.push({ what, outcome, why: wordsOf(reason) });
          else more += 1;
        },
        skip: (reason) => {
          skipped = reason;
        },
        update: (text) => this.#progress.update(text),
      });
      await Promise.race([working, aborted(late.signal)]);
    } catch (error) {
      this.#signal.throwIfAborted();
      if (isOfArchive(error)) throw error;
      why = wordsOf(late.signal.aborted ? late.signal.reason : error);
    } finally {
      clearTimeout(timer);
      // Ends what is under way.
      late.abort(new Late(deadlineMs));
    }
    const files = this.#archive.files - before;
    const count = gaps.length + more;
    if (why === null && skipped !== null && files + count === 0) return this.skip(part, skipped);
    why ??= count === 0 ? null : `${count === 1 ? 'one thing is' : `${count} things are`} missing`;
    const outcome = why === null ? 'saved' : files > 0 ? 'partial' : 'failed';
    this.#records.push({ part, outcome, why, files, gaps });
  }
}

class Late extends Error {
  constructor(ms: number) {
    super(`not done within ${Math.round(ms / 1000)} s`);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function isOfArchive(error: unknown): boolean {
  return error instanceof VdpaError && (error.code === 'VDPA-SYSDUMP-001' || error.code === 'VDPA-DISK-001');
}

function wordsOf(reason: unknown): string {
  const text = typeof reason === 'string' ? reason : messageOf(reason);
  return scrub(text.slice(0, 1000));
}
