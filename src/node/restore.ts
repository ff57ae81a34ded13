// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../errors/vdpa-error.ts';
import { schemaVersion } from '../schema-version.ts';
import type { NodeWork } from './prepare.ts';
import { undoText } from './steps/step-works.ts';
import { type UndoneStep, undoEntries } from './undo.ts';

export interface RestoreResult {
  readonly schemaVersion: typeof schemaVersion;
  readonly kind: 'NodeRestored';
  readonly dryRun: boolean;
  /** What was to be undone, the last step first. */
  readonly undone: readonly UndoneStep[];
  readonly notes: readonly string[];
}

/** What restoring would undo, without doing it. */
export function planRestore({ journal }: Pick<NodeWork, 'journal'>): RestoreResult {
  const undone = [...journal.entries()]
    .reverse()
    .map((entry) => ({ kind: entry.kind, text: undoText(entry), outcome: 'planned' as const, notes: [] }));
  return { ...result(journal.dropped, undone), dryRun: true };
}

/**
 * Gives the node the state from before it was prepared. Can be cut off anywhere and run again.
 * Throws VDPA-NODE-005, when all that can be is put back, for what cannot.
 */
export async function restoreNode({ journal, system, progress, signal }: NodeWork): Promise<RestoreResult> {
  const undone = await undoEntries(journal.entries(), journal, system, progress, signal);
  const left = undone.filter(({ outcome }) => outcome === 'left');
  if (left.length === 0) return result(journal.dropped, undone);
  throw new VdpaError('VDPA-NODE-005', `${left.length} of ${undone.length} steps could not be undone`, {
    details: left.map(({ text, notes }) => `${text}: ${notes.join('; ')}`),
    next: 'clear what is named and run vdpactl node restore again: it remembers what is left',
  });
}

function result(dropped: string | null, undone: readonly UndoneStep[]): RestoreResult {
  const notes = dropped === null ? [] : [dropped];
  return { schemaVersion, kind: 'NodeRestored', dryRun: false, undone, notes };
}
