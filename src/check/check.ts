// SPDX-License-Identifier: Apache-2.0
import type { ErrorCode } from '../errors/error-codes.ts';
import type { CheckFacts } from './facts.ts';

export type CheckLevel = 'pass' | 'warn' | 'fail' | 'skip';

export interface Finding {
  readonly level: CheckLevel;
  readonly found: string;
  readonly needed: string;
  /** What to do; null when nothing is wrong. */
  readonly hint: string | null;
  /** Where it is; null when the title says it. */
  readonly where: string | null;
}

export interface Check {
  /** Stable; a failing check stops `deploy` with the error of the same code. */
  readonly id: ErrorCode | CheckOnlyId;
  readonly category: 'machine' | 'dpdk' | 'memory' | 'cpu' | 'network' | 'files';
  readonly title: string;
  judge(facts: CheckFacts): Finding;
}

/** Checks that only warn have no error of their own. */
export type CheckOnlyId = 'VDPA-CPU-001';

/** A check with its finding, as `vdpactl check -o json` prints it. */
export interface CheckRow extends Finding {
  readonly id: Check['id'];
  readonly category: Check['category'];
  readonly title: string;
  readonly doc: string;
}

export const pass = (found: string, needed: string): Finding => ({
  level: 'pass',
  found,
  needed,
  hint: null,
  where: null,
});
export const skip = (found: string): Finding => ({ level: 'skip', found, needed: '', hint: null, where: null });
export const fail = (found: string, needed: string, hint: string, where: string | null = null): Finding => ({
  level: 'fail',
  found,
  needed,
  hint,
  where,
});
export const warn = (found: string, needed: string, hint: string): Finding => ({
  level: 'warn',
  found,
  needed,
  hint,
  where: null,
});
