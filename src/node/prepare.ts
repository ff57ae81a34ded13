// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../config/config-schema.ts';
import { messageOf, VdpaError } from '../errors/vdpa-error.ts';
import type { Progress } from '../output/progress.ts';
import type { NodeReport } from '../platform/node-report.ts';
import type { Decision } from '../providers/decision.ts';
import { schemaVersion } from '../schema-version.ts';
import { groupNotes } from './group-notes.ts';
import type { JournalEntry } from './journal.ts';
import { type JournalSession, preparedDevices, reservationsOf } from './journal-session.ts';
import type { NodeAfter, NodePlan, NodeStep } from './node-plan.ts';
import type { NodeSystem } from './node-system.ts';
import { planNode } from './plan-node.ts';
import { carryOutStep, lookAtStep } from './steps/step-works.ts';
import { type UndoneStep, undoEntries } from './undo.ts';

export interface NodeWork {
  readonly system: NodeSystem;
  readonly journal: JournalSession;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export interface PrepareResult {
  readonly schemaVersion: typeof schemaVersion;
  readonly kind: 'NodePrepared';
  readonly dryRun: boolean;
  readonly plan: NodePlan;
  /** The steps that changed something, in their order; empty after a dry run. */
  readonly done: readonly NodeStep[];
  /** What the node looks like by now; null after a dry run. */
  readonly now: NodeAfter | null;
  readonly notes: readonly string[];
}

/** What preparing would do, without doing it. Throws as planNode does. */
export function planPrepare(
  report: NodeReport,
  decision: Decision,
  config: Config,
  journal: JournalSession,
): PrepareResult {
  const entries = journal.entries();
  const plan = planNode(report, decision, config, reservationsOf(entries), preparedDevices(entries));
  return { schemaVersion, kind: 'NodePrepared', dryRun: true, plan, done: [], now: null, notes: notesOf(journal) };
}

/**
 * Carries a decision out, each step recorded before it is begun. When a step fails, those of this run are undone and the
 * error says so. An abort stops between two steps and undoes nothing: the same command goes on from there.
 * Throws VDPA-UPLINK-001, VDPA-HUGE-001 and VDPA-NODE-001 to -004 and -006.
 */
export async function prepareNode(
  report: NodeReport,
  decision: Decision,
  config: Config,
  work: NodeWork,
): Promise<PrepareResult> {
  const { journal, system } = work;
  const { plan } = planPrepare(report, decision, config, journal);
  const done = await carryOut(plan, work);
  // Once more with the facts of now: the kernel has numbered its device files.
  const { plan: rest } = planPrepare(system.report(), decision, config, journal);
  const notes = [...notesOf(journal), ...groupNotes(rest, system)];
  return { schemaVersion, kind: 'NodePrepared', dryRun: false, plan, done, now: rest.after, notes };
}

function notesOf({ dropped }: JournalSession): string[] {
  return dropped === null ? [] : [dropped];
}

async function carryOut(plan: NodePlan, work: NodeWork): Promise<NodeStep[]> {
  const { system, journal, progress, signal } = work;
  const done: NodeStep[] = [];
  const touched: JournalEntry[] = [];
  for (const step of plan.steps) {
    signal.throwIfAborted();
    progress.step(step.text);
    try {
      const found = await lookAtStep(step, system);
      if (found === null) continue;
      touched.push(record(found, journal));
      await carryOutStep(step, system);
    } catch (error) {
      throw await rollBack(error, step, touched, work);
    }
    done.push(step);
  }
  return done;
}

/** Where the state before was recorded by an earlier run, which may have been cut off, that is what counts. */
function record(found: JournalEntry, journal: JournalSession): JournalEntry {
  const earlier = journal.entries().find((entry) => isSameTarget(entry, found));
  if (earlier === undefined) {
    journal.add(found);
    return found;
  }
  if (earlier.kind !== 'bind' || found.kind !== 'bind') return earlier;
  const both = { ...earlier, to: [...new Set([...earlier.to, ...found.to])] };
  journal.replace(earlier, both);
  return both;
}

/** Pools are raised and modules loaded on top of what was done before; everything else has one state before. */
function isSameTarget(one: JournalEntry, other: JournalEntry): boolean {
  switch (one.kind) {
    case 'bind':
      return other.kind === 'bind' && one.pciAddress === other.pciAddress && one.ids === other.ids;
    case 'create-vfs':
      return other.kind === 'create-vfs' && one.pf === other.pf && one.ids === other.ids;
    case 'create-vdpa':
      return other.kind === 'create-vdpa' && one.name === other.name;
    case 'enable-noiommu':
      return other.kind === 'enable-noiommu';
    case 'load-module':
    case 'reserve-hugepages':
      return false;
  }
}

async function rollBack(
  error: unknown,
  step: NodeStep,
  touched: readonly JournalEntry[],
  { journal, system, progress }: NodeWork,
): Promise<unknown> {
  progress.fail();
  const undone = await undoEntries(touched, journal, system, progress);
  if (!(error instanceof VdpaError)) return error;
  const changed = undone.filter(({ outcome, notes }) => outcome !== 'already' || notes.length > 0);
  return new VdpaError(error.code, error.message, {
    ...(error.where === null ? {} : { where: error.where }),
    details: [`step: ${step.text}`, ...error.details, ...changed.map(rollBackWords)],
    next: undone.some(({ outcome }) => outcome === 'left')
      ? `${error.next}; vdpactl node restore puts back what is left`
      : error.next,
    cause: error.cause ?? messageOf(error),
  });
}

function rollBackWords({ text, outcome, notes }: UndoneStep): string {
  const more = notes.length === 0 ? '' : ` (${notes.join('; ')})`;
  return `${outcome === 'left' ? 'not undone' : 'undone'}: ${text}${more}`;
}
