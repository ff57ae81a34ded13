// SPDX-License-Identifier: Apache-2.0

import type { ErrorCode } from '../errors/error-codes.ts';
import { errorCodes } from '../errors/error-codes.ts';
import { VdpaError } from '../errors/vdpa-error.ts';
import type { Check, CheckRow } from './check.ts';
import { checks } from './checks.ts';
import type { CheckFacts } from './facts.ts';

export interface CheckSelection {
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  /** Failures of these become warnings. */
  readonly ignore?: readonly string[];
}

/** Judges the facts. Pure. Throws VDPA-USAGE-001 for an id that no check has. */
export function runChecks(facts: CheckFacts, selection: CheckSelection = {}): CheckRow[] {
  const { only = [], skip = [], ignore = [] } = selection;
  for (const id of [...only, ...skip, ...ignore]) requireKnown(id);
  return checks
    .filter((check) => (only.length === 0 || only.includes(check.id)) && !skip.includes(check.id))
    .map((check) => row(check, facts, ignore.includes(check.id)));
}

function row(check: Check, facts: CheckFacts, ignored: boolean): CheckRow {
  const finding = check.judge(facts);
  return {
    id: check.id,
    category: check.category,
    title: check.title,
    ...finding,
    ...(ignored && finding.level === 'fail' ? { level: 'warn' as const } : {}),
    doc: `docs/checks.md#${check.id.toLowerCase()}`,
  };
}

function requireKnown(id: string): void {
  if (checks.some((check) => check.id === id)) return;
  throw new VdpaError('VDPA-USAGE-001', `there is no check ${id}`, {
    next: `the checks are: ${checks.map((check) => check.id).join(', ')}`,
  });
}

/** The first failing check as the error that stops `deploy`; its details name the other failures. */
export function firstFailure(rows: readonly CheckRow[]): VdpaError | null {
  const failures = rows.filter((candidate) => candidate.level === 'fail');
  const first = failures[0];
  if (first === undefined || !isErrorCode(first.id)) return null;
  return new VdpaError(first.id, `${problemOf(first)}: found ${first.found}; needed: ${first.needed}`, {
    ...(first.where === null ? {} : { where: first.where }),
    next: first.hint ?? 'see: vdpactl check',
    details: failures
      .slice(1)
      .map((other) => `also ${other.id}: ${problemOf(other)}: found ${other.found}; ${other.hint ?? ''}`),
  });
}

/** What is wrong, in mid-sentence: `DPDK` and the like keep their capitals. */
function problemOf({ id, title }: CheckRow): string {
  const problem = isErrorCode(id) ? errorCodes[id].title : title;
  return problem.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
}

function isErrorCode(id: string): id is ErrorCode {
  return id in errorCodes;
}
