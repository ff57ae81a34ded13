// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../../src/files/make-folder.ts';
import { readTextFile, writeFileAtomic } from '../../src/files/write-atomic.ts';
import { schemaVersion } from '../../src/schema-version.ts';
import { cniPluginName, type InstalledFiles, installedEntries, installedFile } from '../contract/installed-files.ts';
import type { RunDir } from '../contract/run-dir.ts';

const mode = 0o755;
/** As many versions of one file are remembered: enough for every one that could still be there. */
const maxVersions = 32;

/**
 * Puts the CNI plugin into the runtime's `folder` by a rename, so that a runtime that starts it at this very moment has the
 * old one or the new one, whole. What is installed is recorded before it is. Answers whether it was not there already.
 */
export function installPlugin(dir: RunDir, binary: string, folder: string): boolean {
  const content = readFileSync(binary);
  const path = join(folder, cniPluginName);
  const sha256 = hashOf(content);
  record(dir, { path, sha256 });
  makeFolder(folder);
  removeUnfinished(folder);
  if (isThere(path, sha256)) return false;
  writeFileAtomic(path, content, mode);
  return true;
}

/** Whether this very file is there, and can be started. */
function isThere(path: string, sha256: string): boolean {
  try {
    const info = statSync(path);
    return info.isFile() && (info.mode & 0o777) === mode && hashOf(readFileSync(path)) === sha256;
  } catch {
    return false;
  }
}

function record(dir: RunDir, entry: InstalledFiles['files'][number]): void {
  const list = join(dir.root, installedFile);
  const before = installedEntries(readTextFile(list) ?? '').files;
  if (before.some(({ path, sha256 }) => path === entry.path && sha256 === entry.sha256)) return;
  const ofThis = before.filter(({ path }) => path === entry.path).slice(1 - maxVersions);
  const others = before.filter(({ path }) => path !== entry.path);
  const files: InstalledFiles = {
    schemaVersion,
    kind: 'InstalledFiles',
    files: [...others, ...ofThis, entry],
  };
  makeFolder(dir.root);
  writeFileAtomic(list, `${JSON.stringify(files, null, 2)}\n`);
}

/** What an agent that was killed was about to put there. */
function removeUnfinished(folder: string): void {
  const unfinished = new RegExp(`^${cniPluginName}\\.\\d+\\.tmp$`);
  for (const name of readdirSync(folder)) if (unfinished.test(name)) rmSync(join(folder, name), { force: true });
}

function hashOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
