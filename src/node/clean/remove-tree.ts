// SPDX-License-Identifier: Apache-2.0
import { lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../errors/vdpa-error.ts';

/**
 * Removes a folder with all that is in it, and answers what had to stay, as paths below it; empty: it is gone. Links are
 * removed and not followed. `barriers` (real paths) are not entered: mounts, which device numbers alone do not tell, as what
 * is mounted may be of the same file system. `last` are files directly in it that go when all else has gone.
 */
export function removeTree(
  folder: string,
  barriers: ReadonlySet<string>,
  last: readonly string[] = [],
): { readonly path: string; readonly why: string }[] {
  const device = lstatSync(folder).dev;
  const stays: { path: string; why: string }[] = [];
  const attempt = (path: string, work: () => void): boolean => {
    try {
      work();
      return true;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === null) throw error;
      if (errno === 'ENOENT') return true;
      stays.push({ path: path.slice(folder.length + 1), why: `the system call says ${errno}` });
      return false;
    }
  };
  const empty = (path: string, except: readonly string[]): boolean => {
    const names = readdirSync(path).filter((name) => !except.includes(name));
    return names.map((name) => remove(join(path, name))).every(Boolean);
  };
  const remove = (path: string): boolean => {
    if (barriers.has(path)) return false;
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return true;
    if (!stats.isDirectory()) return attempt(path, () => unlinkSync(path));
    if (stats.dev !== device) {
      stays.push({ path: path.slice(folder.length + 1), why: 'something is mounted there' });
      return false;
    }
    return empty(path, []) && attempt(path, () => rmdirSync(path));
  };
  if (empty(folder, last) && last.map((name) => remove(join(folder, name))).every(Boolean)) {
    attempt(folder, () => rmdirSync(folder));
  }
  return stays;
}
