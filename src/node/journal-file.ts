// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, VdpaError } from '../errors/vdpa-error.ts';
import { readJsonFile } from '../files/json-file.ts';
import { makeFolder } from '../files/make-folder.ts';
import { diskError, writeFileAtomic } from '../files/write-atomic.ts';
import { type Journal, journalSchema } from './journal.ts';

/** Where the journal is kept. */
export interface JournalStore {
  /** null: there is none. Throws VDPA-NODE-006 for one that cannot be read: what it says must not be lost. */
  load(): Journal | null;
  /** On disk when it returns: the step that it announces may begin. */
  save(journal: Journal): void;
  remove(): void;
}

/** The journal as a file in `folder`, which is made with it and removed with it. */
export function journalFile(folder: string): JournalStore {
  const path = join(folder, 'journal.json');
  return {
    load() {
      if (!existsSync(path)) return null;
      const journal = readJsonFile(path, journalSchema);
      if (journal !== null) return journal;
      throw new VdpaError('VDPA-NODE-006', 'the record of what was done to this node cannot be read', {
        where: path,
        next: 'use the vdpactl that wrote it; or put the node back by hand (a reboot does) and remove the file',
      });
    },
    save(journal) {
      try {
        makeFolder(folder, 0o700);
        writeFileAtomic(path, `${JSON.stringify(journal, null, 2)}\n`, 0o600);
      } catch (error) {
        throw asStateError(diskError(error, path), folder);
      }
    },
    remove() {
      rmSync(path, { force: true });
      try {
        // What a killed run was about to write.
        const halves = readdirSync(folder).filter((name) => /^journal\.json\.\d+\.tmp$/.test(name));
        for (const name of halves) rmSync(join(folder, name), { force: true });
        rmdirSync(folder);
      } catch {
        // Somebody keeps other things there.
      }
    },
  };
}

function asStateError(error: unknown, folder: string): unknown {
  if (error instanceof VdpaError) return error;
  const errno = errnoOf(error);
  if (errno === null) return error;
  return new VdpaError('VDPA-NODE-006', `what is done to this node cannot be recorded (${errno}), so nothing is done`, {
    where: folder,
    next: 'choose another folder with --state-dir; it has to be a local one that lasts until the node is rebooted',
    cause: error,
  });
}
