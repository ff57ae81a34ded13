// SPDX-License-Identifier: Apache-2.0
import { schemaVersion } from '../schema-version.ts';
import type { Journal, JournalEntry } from './journal.ts';
import type { JournalStore } from './journal-file.ts';
import type { NodeSystem } from './node-system.ts';
import type { Reservation } from './plan-hugepages.ts';

/** The journal of this boot, in use. Every change is on disk before it returns. */
export interface JournalSession {
  entries(): readonly JournalEntry[];
  add(entry: JournalEntry): void;
  replace(entry: JournalEntry, by: JournalEntry): void;
  remove(entry: JournalEntry): void;
  /** Why a journal that was there does not count; null: there was none, or it counts. */
  readonly dropped: string | null;
}

export const staleJournal =
  'the node was rebooted since it was last prepared: what was done then is gone, and so is its record';

/** Opens the journal; one of an earlier boot does not count, as nothing of what it says outlives the kernel. */
export function openJournal(store: JournalStore, system: Pick<NodeSystem, 'readText'>): JournalSession {
  const bootId = system.readText('proc/sys/kernel/random/boot_id') ?? 'unknown';
  const found = store.load();
  const stale = found !== null && found.bootId !== bootId;
  let entries: readonly JournalEntry[] = stale ? [] : (found?.entries ?? []);
  if (stale) store.remove();
  const keep = (changed: readonly JournalEntry[]) => {
    const journal: Journal = { schemaVersion, kind: 'NodeJournal', bootId, entries: [...changed] };
    if (changed.length === 0) store.remove();
    else store.save(journal);
    entries = changed;
  };
  return {
    entries: () => entries,
    add: (entry) => keep([...entries, entry]),
    replace: (entry, by) => keep(entries.map((other) => (other === entry ? by : other))),
    remove: (entry) => keep(entries.filter((other) => other !== entry)),
    dropped: stale ? staleJournal : null,
  };
}

/** The huge pages that the journal says were set aside for the devices. */
export function reservationsOf(entries: readonly JournalEntry[]): Reservation[] {
  return entries.flatMap((entry) =>
    entry.kind === 'reserve-hugepages'
      ? [{ sizeKiB: entry.sizeKiB, numaNode: entry.numaNode, pages: entry.needed }]
      : [],
  );
}

/** The devices that the journal says were made ready, by their PCI address or name. */
export function preparedDevices(entries: readonly JournalEntry[]): Set<string> {
  return new Set(
    entries.flatMap((entry) => {
      if (entry.kind === 'bind') return [entry.pciAddress];
      return entry.kind === 'create-vdpa' ? [entry.pciAddress ?? entry.name] : [];
    }),
  );
}
