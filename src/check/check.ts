// SPDX-License-Identifier: Apache-2.0
import type { CheckFacts, ManifestFacts } from './facts.ts';

export type CheckLevel = 'pass' | 'warn' | 'fail' | 'skip';

/** Numbers and names for programs, so that none has to be read out of a sentence. */
export type FindingData = Readonly<Record<string, string | number | boolean | null>>;

export interface Finding {
  readonly level: CheckLevel;
  readonly found: string;
  readonly needed: string;
  /** What to do; null when nothing is wrong. */
  readonly hint: string | null;
  /** Where it is, such as `file:line`; null when the title says it. */
  readonly where: string | null;
  readonly data: FindingData | null;
}

export type CheckCategory =
  | 'machine'
  | 'dpdk'
  | 'devices'
  | 'iommu'
  | 'kernel'
  | 'memory'
  | 'cpu'
  | 'network'
  | 'ena'
  | 'files'
  | 'manifests'
  | 'pools'
  | 'networks'
  | 'pods'
  | 'cluster';

/** Which part of the facts each scope judges. */
interface Scopes {
  readonly machine: NonNullable<CheckFacts['machine']>;
  readonly node: CheckFacts['nodes'][number];
  readonly manifests: ManifestFacts;
  readonly cluster: NonNullable<CheckFacts['cluster']>;
}

export type CheckScope = keyof Scopes;

interface CheckOf<Scope extends CheckScope> {
  /** Stable. One that is an error code too fails where `deploy` would stop with that error. */
  readonly id: CheckId;
  readonly category: CheckCategory;
  readonly title: string;
  readonly scope: Scope;
  /** Whether it has to hold before anything is installed on the node or in the cluster. */
  readonly pre: boolean;
  /** For docs/checks.md: what it is, why, and what to do by hand. Markdown, a paragraph or a code block each. */
  readonly about: readonly string[];
  /** One row a finding; an empty list is a fault of the check. */
  judge(facts: Scopes[Scope]): Finding | readonly Finding[];
}

export type CheckId = `VDPA-${string}-${number}`;
export type Check = { readonly [Scope in CheckScope]: CheckOf<Scope> }[CheckScope];

/** A check with its finding, as `vdpactl check -o json` prints it. */
export interface CheckRow extends Finding {
  readonly id: CheckId;
  /** The node that it is about; null when it is about this machine's stack, manifests or a cluster. */
  readonly node: string | null;
  readonly category: CheckCategory;
  readonly title: string;
  readonly doc: string;
}

const good = { hint: null, where: null };

export const pass = (found: string, needed: string, data: FindingData | null = null): Finding => ({
  level: 'pass',
  found,
  needed,
  ...good,
  data,
});
export const skip = (found: string): Finding => ({ level: 'skip', found, needed: '', ...good, data: null });
export const fail = (
  found: string,
  needed: string,
  hint: string,
  where: string | null = null,
  data: FindingData | null = null,
): Finding => ({ level: 'fail', found, needed, hint, where, data });
export const warn = (
  found: string,
  needed: string,
  hint: string,
  where: string | null = null,
  data: FindingData | null = null,
): Finding => ({ level: 'warn', found, needed, hint, where, data });

/** The findings, or that there is nothing wrong. */
export function orPass(findings: readonly Finding[], found: string, needed: string): readonly Finding[] {
  return findings.length === 0 ? [pass(found, needed)] : findings;
}

/** A block of shell commands in an `about`. */
export const shell = (...lines: readonly string[]): string => ['```sh', ...lines, '```'].join('\n');
