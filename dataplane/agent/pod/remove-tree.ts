// SPDX-License-Identifier: Apache-2.0
import { errnoOf } from '../../../src/errors/vdpa-error.ts';
import { type Files, folderPath, ignoring, isThere, withFolder } from './files.ts';

/** More than this a pod does not put there by accident; kubelet clears the volume in any case. */
const maxEntries = 4096;
const maxDepth = 16;

/**
 * Removes what a name in an open folder stands for, with everything below. Others may change it meanwhile: every folder
 * is opened without following links and what is in it is named through that, so nothing outside is ever touched.
 * Answers false where something is left because there is too much of it.
 */
export function removeTree(files: Files, parent: number, name: string): boolean {
  let left = maxEntries;
  const remove = (fd: number, entry: string, depth: number): boolean => {
    const path = `${folderPath(fd)}/${entry}`;
    left -= 1;
    if (left < 0 || depth > maxDepth) return false;
    if (unlinked(files, path)) return true;
    const isEmpty = ignoring(['ENOENT', 'ENOTDIR', 'ELOOP'], () =>
      withFolder(files, path, (folder) =>
        files.readdirSync(folderPath(folder)).every((child) => remove(folder, child, depth + 1)),
      ),
    );
    if (isEmpty === false) return false;
    return ignoring(['ENOTEMPTY', 'EEXIST', 'ENOTDIR'], () => removed(files, path)) ?? false;
  };
  return !isThere(files, `${folderPath(parent)}/${name}`) || remove(parent, name, 0);
}

function unlinked(files: Files, path: string): boolean {
  try {
    files.unlinkSync(path);
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') return true;
    // A folder: EISDIR on Linux, EPERM elsewhere.
    if (errno === 'EISDIR' || errno === 'EPERM') return false;
    throw error;
  }
}

function removed(files: Files, path: string): boolean {
  ignoring(['ENOENT'], () => files.rmdirSync(path));
  return true;
}
