// SPDX-License-Identifier: Apache-2.0
import type { Evidence } from './node-report.ts';

/** Records where a fact was read; `path` is below the root, and a missing fact has the value null. */
export type Note = (claim: string, path: string, value: string | number | null) => void;

/** A notebook for the evidence of one probe. */
export function createNotes(): { readonly evidence: Evidence[]; readonly note: Note } {
  const evidence: Evidence[] = [];
  return {
    evidence,
    note: (claim, path, value) =>
      evidence.push({ claim, source: sourceOf(path), value: value === null ? null : String(value) }),
  };
}

/** A path below the root is written as the machine itself names it; other sources (`SSH_CONNECTION`) as they are. */
function sourceOf(path: string): string {
  return path.includes('/') && !path.startsWith('/') ? `/${path}` : path;
}
