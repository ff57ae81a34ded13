// SPDX-License-Identifier: Apache-2.0
import type { FieldChange } from './field-diff.ts';

const mask = '(hidden)';

/** The changes of an object as they may be shown: of a Secret it is told which fields differ, and nothing of what is in them. */
export function maskSecrets(kind: string, changes: readonly FieldChange[]): FieldChange[] {
  return changes.map((change) => {
    const isContent = kind === 'Secret' && /^\.(?:data|stringData)\b|^\.$/.test(change.path);
    // kubectl apply without --server-side keeps the whole object there.
    const isCopy = change.path.includes('last-applied-configuration');
    if (!isContent && !isCopy) return change;
    return { path: change.path, from: hidden(change.from), to: hidden(change.to) };
  });
}

function hidden(value: unknown): unknown {
  return value === undefined ? undefined : mask;
}
