// SPDX-License-Identifier: Apache-2.0
import { printable } from '../config/printable.ts';
import type { ErrorCode } from '../errors/error-codes.ts';
import { errorCodes } from '../errors/error-codes.ts';
import { VdpaError } from '../errors/vdpa-error.ts';
import { type Check, type CheckRow, type Finding, skip } from './check.ts';
import { checks } from './checks.ts';
import type { CheckFacts } from './facts.ts';

export interface CheckSelection {
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  /** Failures of these become warnings. */
  readonly ignore?: readonly string[];
  /** Only what has to hold before anything is installed. */
  readonly pre?: boolean;
}

/** What a row says whose part of the facts was not asked for. */
const notAsked = {
  machine: 'only for the stack of this machine: provider local, or --target machine once it is prepared',
  node: 'no node was asked about',
  manifests: 'no manifest was given',
  cluster: 'no cluster was asked',
} as const;

/**
 * Judges the facts, check by check, each of every node. Pure. Throws VDPA-USAGE-001 for an id that no check has, and where
 * no check is left, which would pass for a reason that nobody meant.
 */
export function runChecks(facts: CheckFacts, selection: CheckSelection = {}): CheckRow[] {
  const { only = [], skip: without = [], ignore = [], pre = false } = selection;
  for (const id of [...only, ...without, ...ignore]) requireKnown(id);
  const selected = checks
    .filter(({ id }) => (only.length === 0 || only.includes(id)) && !without.includes(id))
    .filter((check) => check.pre || !pre);
  if (selected.length === 0) throw noneLeft(selection);
  return selected.flatMap((check) => rowsOf(check, facts, ignore.includes(check.id)));
}

function rowsOf(check: Check, facts: CheckFacts, ignored: boolean): CheckRow[] {
  return findings(check, facts).map(({ node, ...finding }) => ({
    id: check.id,
    node: node === null ? null : printable(node),
    category: check.category,
    title: check.title,
    ...safeToPrint(finding),
    ...(ignored && finding.level === 'fail' ? { level: 'warn' as const } : {}),
    doc: `docs/checks.md#${check.id.toLowerCase()}`,
  }));
}

/** Manifests and captures are foreign text: what they hold must not command the terminal. */
function safeToPrint(finding: Finding): Finding {
  const { found, hint, where } = finding;
  return {
    ...finding,
    found: printable(found),
    hint: hint === null ? null : printable(hint),
    where: where === null ? null : printable(where),
  };
}

type NodeFinding = Finding & { readonly node: string | null };

function findings(check: Check, facts: CheckFacts): NodeFinding[] {
  switch (check.scope) {
    case 'node':
      if (facts.nodes.length === 0) return about(null, skip(notAsked.node));
      return facts.nodes.flatMap((node) => about(node.report.node.name, check.judge(node)));
    case 'machine':
      return about(null, facts.machine === null ? skip(notAsked.machine) : check.judge(facts.machine));
    case 'manifests': {
      if (facts.manifests === null) return about(null, skip(notAsked.manifests));
      return about(null, check.judge({ manifests: facts.manifests, nodes: facts.nodes }));
    }
    case 'cluster':
      return about(null, facts.cluster === null ? skip(notAsked.cluster) : check.judge(facts.cluster));
  }
}

function about(node: string | null, verdict: Finding | readonly Finding[]): NodeFinding[] {
  return [verdict].flat().map((finding) => ({ node, ...finding }));
}

function requireKnown(id: string): void {
  if (checks.some((check) => check.id === id)) return;
  throw new VdpaError('VDPA-USAGE-001', `there is no check ${id}`, {
    next: `the checks are: ${checks.map((check) => check.id).join(', ')}`,
  });
}

function noneLeft({ only = [], skip: without = [], pre = false }: CheckSelection): VdpaError {
  const given = [only.length > 0 ? '--only' : null, without.length > 0 ? '--skip' : null, pre ? '--pre' : null];
  const flags = given.filter((flag) => flag !== null).join(' and ');
  const later = only.filter((id) => !without.includes(id));
  return new VdpaError('VDPA-USAGE-001', `${flags} together leave no check`, {
    next:
      later.length > 0 ? `leave out --pre: ${later.join(', ')} can hold only once it is installed` : 'leave one out',
  });
}

/** The first failing check as the error that stops `deploy`; its details name the other failures. */
export function firstFailure(rows: readonly CheckRow[]): VdpaError | null {
  const failures = rows.filter((candidate) => candidate.level === 'fail');
  const first = failures.find(({ id }) => isErrorCode(id));
  if (first === undefined || !isErrorCode(first.id)) return null;
  return new VdpaError(first.id, `${problemOf(first)}: found ${first.found}; needed: ${first.needed}`, {
    ...(first.where === null ? {} : { where: first.where }),
    next: first.hint ?? 'see: vdpactl check',
    details: failures
      .filter((other) => other !== first)
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
