// SPDX-License-Identifier: Apache-2.0
import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, messageOf, VdpaError } from '../errors/vdpa-error.ts';
import { makeFolder } from './make-folder.ts';
import { diskError, writeFileAtomic } from './write-atomic.ts';

/** A manifest as it is numbered: what an earlier run wrote and this one may not. */
const numbered = /^\d+-[a-z]+-[a-z0-9.-]+\.yaml$/;

/**
 * Makes `folder` hold just these files, whatever an earlier run left in it: a manifest of that would be applied along with
 * the new. Anything that is not of such a run is left alone, and refused. `shown` is how the user called the folder.
 * Throws VDPA-CONFIG-004 for what is in the way, VDPA-CONFIG-005 when it cannot be written, VDPA-DISK-001.
 */
export function writeManifestFolder(folder: string, shown: string, files: ReadonlyMap<string, string>): void {
  try {
    const stale = staleFiles(folder, shown, files);
    makeFolder(folder);
    for (const name of stale) rmSync(join(folder, name));
    for (const [name, content] of files) writeFileAtomic(join(folder, name), content);
  } catch (error) {
    const known = diskError(error, shown);
    if (known instanceof VdpaError) throw known;
    const next = 'name a folder that you may write to with --dir';
    throw new VdpaError('VDPA-CONFIG-005', messageOf(error), { where: shown, next, cause: error });
  }
}

function staleFiles(folder: string, shown: string, files: ReadonlyMap<string, string>): string[] {
  const info = lstatSync(folder, { throwIfNoEntry: false });
  if (info === undefined) return [];
  const refuse = (what: string) =>
    new VdpaError('VDPA-CONFIG-004', what, {
      where: shown,
      next: 'name another folder with --dir; one that does not exist yet is best',
    });
  if (!info.isDirectory()) throw refuse('it is no folder');
  const names = readdirSync(folder);
  const isOurs = (name: string) => files.has(name) || numbered.test(name);
  const foreign = names.filter((name) => !isOurs(name));
  if (foreign.length > 0) throw refuse(`it holds what no earlier run wrote: ${foreign.slice(0, 5).join(', ')}`);
  if (names.length > 0 && firstLine(join(folder, 'README.md')) !== firstLineOf(files.get('README.md') ?? '')) {
    throw refuse('it holds manifests, and no README.md that says that they are of an earlier run');
  }
  return names.filter((name) => !files.has(name));
}

function firstLine(path: string): string | null {
  try {
    return firstLineOf(readFileSync(path, 'utf8'));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function firstLineOf(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
