// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../../src/errors/vdpa-error.ts';
import { type Journal, journalSchema } from '../../src/node/journal.ts';
import type { JournalStore } from '../../src/node/journal-file.ts';
import { openJournal } from '../../src/node/journal-session.ts';
import { type NodeWork, type PrepareResult, prepareNode } from '../../src/node/prepare.ts';
import { type RestoreResult, restoreNode } from '../../src/node/restore.ts';
import { silentProgress } from '../../src/output/progress.ts';
import type { ChosenDevice } from '../../src/providers/decision.ts';
import { config } from '../fixtures/reports.ts';
import type { FakeKernel, FakeState } from './fake-kernel.ts';
import { decision } from './machines.ts';

/** A journal in memory. What is read is what was written, and nothing that shares memory with it. */
export function memoryJournal(
  beforeSave: () => void = () => {},
): JournalStore & { readonly text: () => string | null } {
  let text: string | null = null;
  return {
    text: () => text,
    load: () => (text === null ? null : journalSchema.parse(JSON.parse(text))),
    save(journal: Journal) {
      beforeSave();
      text = JSON.stringify(journal);
    },
    remove() {
      beforeSave();
      text = null;
    },
  };
}

export function workOn(system: FakeKernel, store: JournalStore): NodeWork {
  return {
    system,
    journal: openJournal(store, system),
    progress: silentProgress,
    signal: new AbortController().signal,
  };
}

/** What `vdpactl node prepare` does, for a decision that is made already. */
export async function prepare(
  kernel: FakeKernel,
  store: JournalStore,
  devices: readonly ChosenDevice[],
): Promise<PrepareResult> {
  return prepareNode(kernel.report(), decision(devices), config(), workOn(kernel, store));
}

export function restore(kernel: FakeKernel, store: JournalStore): Promise<RestoreResult> {
  return restoreNode(workOn(kernel, store));
}

/** The state of a machine as far as preparing may change it, to be compared with another. */
export function stateOf(kernel: FakeKernel): FakeState {
  const { loaded, ...rest } = structuredClone(kernel.state);
  return { ...rest, loaded: loaded.sort() };
}

/** The error that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<VdpaError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof VdpaError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
