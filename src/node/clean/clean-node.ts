// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { Progress } from '../../output/progress.ts';
import { schemaVersion } from '../../schema-version.ts';
import type { JournalStore } from '../journal-file.ts';
import { openJournal } from '../journal-session.ts';
import type { NodeSystem } from '../node-system.ts';
import { planRestore } from '../restore.ts';
import { undoEntries } from '../undo.ts';
import { cleanAttachmentInfo, cleanDeviceInfoFolders, cleanDevicePlugin } from './clean-device-info.ts';
import { cleanInstalled } from './clean-installed.ts';
import { cleanMultus } from './clean-multus.ts';
import { CleanRecord, type Left } from './clean-record.ts';
import { cleanRunDir, useOfRunDir, whyNeeded } from './clean-run-dir.ts';
import type { CleanSystem } from './clean-system.ts';
import { HostFiles } from './host-files.ts';

export interface CleanRequest {
  /** Where the file system of the host is. */
  readonly host: string;
  /** The stack has installed Multus. */
  readonly multus: boolean;
  readonly dryRun: boolean;
  readonly stateDir: { readonly path: string; readonly store: JournalStore; readonly exists: () => boolean };
  readonly node: NodeSystem;
  readonly system: CleanSystem;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export interface CleanResult {
  readonly schemaVersion: typeof schemaVersion;
  readonly kind: 'NodeCleaned';
  readonly dryRun: boolean;
  /** Paths of the host, and steps of `node prepare` that were undone. */
  readonly removed: readonly string[];
  /** The stack's, and in use: it goes when this is run again later. */
  readonly left: readonly Left[];
  /** What was looked at and is not the stack's, or not any more. */
  readonly kept: readonly Left[];
}

/**
 * Undoes everything that the stack did to a host, from the devices to the files. What is in use stays and is named, all else
 * goes on. Can be cut off anywhere and run again.
 */
export async function cleanNode(request: CleanRequest): Promise<CleanResult> {
  const { dryRun, multus, system, progress, signal } = request;
  const files = new HostFiles(request.host);
  const record = new CleanRecord(files, dryRun);
  const work = { files, system, record };
  await restore(request, record);
  signal.throwIfAborted();
  progress.step('remove what the stack left');
  const use = await useOfRunDir(work);
  const needed = whyNeeded(use);
  if (multus) await cleanMultus(work);
  signal.throwIfAborted();
  const keepsList = cleanInstalled(work, needed);
  await cleanDevicePlugin(work);
  cleanAttachmentInfo(work, needed);
  cleanDeviceInfoFolders(work);
  signal.throwIfAborted();
  await cleanRunDir(work, use, keepsList);
  const { removed, left, kept } = record;
  return { schemaVersion, kind: 'NodeCleaned', dryRun, removed, left, kept };
}

/** What `node restore` does; what it cannot undo is left. */
async function restore({ stateDir, node, dryRun, progress, signal }: CleanRequest, record: CleanRecord): Promise<void> {
  const { path, store, exists } = stateDir;
  const wasThere = exists();
  try {
    const journal = openJournal(dryRun ? { ...store, save() {}, remove() {} } : store, node);
    const undone = dryRun
      ? planRestore({ journal }).undone
      : await undoEntries(journal.entries(), journal, node, progress, signal);
    for (const { text, outcome, notes } of undone) {
      if (outcome === 'left') record.leave(text, notes.join('; '));
      else if (outcome !== 'already') record.removed.push(text);
    }
    // Also where nothing was ever recorded in it: the folder was made for the pods that prepare the node.
    if (!dryRun && journal.entries().length === 0) store.remove();
    if (!wasThere || undone.some(({ outcome }) => outcome === 'left')) return;
    if (dryRun || !exists()) record.removed.push(path);
    else record.keep(path, 'somebody else has put something into it');
  } catch (error) {
    if (!(error instanceof VdpaError) || error.code !== 'VDPA-NODE-006') throw error;
    record.leave(error.where ?? path, error.message);
  }
}

/** What is to be said of a host that is not clean; null: it is. */
export function notClean({ left }: CleanResult): VdpaError | null {
  if (left.length === 0) return null;
  const message =
    left.length === 1
      ? 'something of the stack is still in use'
      : `${left.length} things of the stack are still in use`;
  return new VdpaError('VDPA-NODE-007', message, {
    details: left.map(({ what, why }) => `${what}: ${why}`),
    next: 'end what is named and run vdpactl node clean again: it goes on from there',
  });
}
