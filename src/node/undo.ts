// SPDX-License-Identifier: Apache-2.0
import { messageOf, VdpaError } from '../errors/vdpa-error.ts';
import type { Progress } from '../output/progress.ts';
import type { JournalEntry } from './journal.ts';
import type { JournalSession } from './journal-session.ts';
import type { NodeSystem } from './node-system.ts';
import { pciDir } from './steps/device.ts';
import { left, type Undone } from './steps/step-work.ts';
import { undoEntry, undoText } from './steps/step-works.ts';

/** What became of one recorded step. */
export interface UndoneStep {
  readonly kind: JournalEntry['kind'];
  readonly text: string;
  /** `planned`: nothing was done, it was only asked what would be. */
  readonly outcome: Undone['outcome'] | 'planned';
  readonly notes: readonly string[];
}

/**
 * Undoes recorded steps, the last first, and takes each from the journal as soon as it is undone. One that cannot be
 * undone stays there, with those below it that it depends on; the others go on.
 */
export async function undoEntries(
  entries: readonly JournalEntry[],
  journal: JournalSession,
  system: NodeSystem,
  progress: Progress,
  signal?: AbortSignal,
): Promise<UndoneStep[]> {
  const results: UndoneStep[] = [];
  for (const entry of [...entries].reverse()) {
    signal?.throwIfAborted();
    const text = undoText(entry);
    progress.step(text);
    const done = waitsForLeft(entry, journal.entries(), system) ?? (await attempt(entry, system));
    if (done.outcome === 'left') progress.fail();
    else journal.remove(entry);
    results.push({ kind: entry.kind, text, ...done });
  }
  progress.done();
  return results;
}

async function attempt(entry: JournalEntry, system: NodeSystem): Promise<Undone> {
  try {
    return await undoEntry(entry, system);
  } catch (error) {
    if (!(error instanceof VdpaError)) throw error;
    return { outcome: 'left', notes: [`${error.where === null ? '' : `${error.where}: `}${messageOf(error)}`] };
  }
}

/** What a device stands on must last for as long as the device cannot be put back. */
function waitsForLeft(entry: JournalEntry, remaining: readonly JournalEntry[], system: NodeSystem): Undone | null {
  const later = remaining.slice(remaining.indexOf(entry) + 1);
  // Pools are raised one upon the other, so they come down in turn.
  if (entry.kind === 'reserve-hugepages') {
    const above = later.some((other) => other.kind === entry.kind && other.sizeKiB === entry.sizeKiB);
    return above ? left('not before the huge pages that were set aside later are given back') : null;
  }
  const devices = later.flatMap((other) => deviceOf(other) ?? []);
  const above = devices.filter((device) => {
    if (entry.kind === 'create-vfs') return system.linkName(`${pciDir(device)}/physfn`) === entry.pf;
    if (entry.kind === 'bind') return device === entry.pciAddress;
    return entry.kind === 'load-module' || entry.kind === 'enable-noiommu';
  });
  return above.length === 0 ? null : left(`not before ${[...new Set(above)].join(', ')} can be put back`);
}

function deviceOf(entry: JournalEntry): string | null {
  if (entry.kind === 'bind') return entry.pciAddress;
  if (entry.kind === 'create-vdpa') return entry.pciAddress ?? entry.name;
  return entry.kind === 'create-vfs' ? entry.pf : null;
}
