// SPDX-License-Identifier: Apache-2.0
import {
  type InstalledFiles,
  installedEntries,
  installedFile,
  mayBeInstalled,
} from '../../../dataplane/contract/installed-files.ts';
import { whyUnread } from '../../files/why-unread.ts';
import type { CleanWork } from './clean-work.ts';
import { hostPlaces } from './host-places.ts';

const listFile = `${hostPlaces.runDir}/${installedFile}`;

/**
 * Removes the files that the agent says it has installed, as long as they are what it installed. `needed`: why they must stay.
 * Answers whether there is one left that the list is needed for.
 */
export function cleanInstalled({ files, record }: CleanWork, needed: string | null): boolean {
  const before = record.left.length;
  const byPath = new Map<string, Set<string>>();
  for (const { path, sha256 } of readList({ files, record })) {
    // An update leaves both versions in the list until the new one is there.
    byPath.set(path, (byPath.get(path) ?? new Set()).add(sha256));
  }
  for (const [path, hashes] of byPath) {
    if (!mayBeInstalled(path)) {
      record.keep(path, `${listFile} names it, but it is nowhere that the stack puts a file`);
      continue;
    }
    const stats = files.stat(path);
    if (stats === null) continue;
    const hash = stats.isFile() ? files.sha256(path) : null;
    if (hash === null) record.keep(path, 'it is no file any more: somebody else has put it there');
    else if (!hashes.has(hash))
      record.keep(path, 'it is not the file that was installed: somebody has changed it since');
    else if (needed !== null) record.leave(path, needed);
    else record.removeFile(path);
  }
  return record.left.length > before;
}

function readList({ files, record }: Pick<CleanWork, 'files' | 'record'>): InstalledFiles['files'] {
  const text = files.read(listFile);
  if (text === null) return [];
  const { files: listed, isWhole } = installedEntries(text);
  if (isWhole) return listed;
  record.keep(listFile, `it ${whyUnread(text)}: what else it may name is not removed`);
  return listed;
}
