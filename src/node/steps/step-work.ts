// SPDX-License-Identifier: Apache-2.0
import type { EntryOf, JournalEntry } from '../journal.ts';
import type { NodeStep, StepOf } from '../node-plan.ts';
import type { NodeSystem } from '../node-system.ts';

/**
 * How one kind of step is done and undone. `look` reads and checks, `carryOut` and `undo` write. A step may have been
 * cut off anywhere, and so may its undoing: `undo` goes by what it finds and can be run again.
 */
export interface StepWork<Kind extends NodeStep['kind'] & JournalEntry['kind']> {
  /** The state before, to be recorded; null: it is done already. Throws when the step cannot or must not be done. */
  look(step: StepOf<Kind>, system: NodeSystem): Promise<EntryOf<Kind> | null>;
  carryOut(step: StepOf<Kind>, system: NodeSystem): Promise<void>;
  undo(entry: EntryOf<Kind>, system: NodeSystem): Promise<Undone>;
}

export interface Undone {
  /** `already`: it was as before, or what it belonged to is gone. `left`: it stays, and its record with it. */
  readonly outcome: 'undone' | 'already' | 'left';
  /** What else is to be said; for `left` why. */
  readonly notes: readonly string[];
}

export const undone: Undone = { outcome: 'undone', notes: [] };
export const already = (...notes: readonly string[]): Undone => ({ outcome: 'already', notes });
export const left = (why: string): Undone => ({ outcome: 'left', notes: [why] });
