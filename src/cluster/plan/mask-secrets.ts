// SPDX-License-Identifier: Apache-2.0
import { isRecord } from '../../config/plain-data.ts';
import type { FieldChange } from './field-diff.ts';

const mask = '(hidden)';
/** kubectl apply without --server-side keeps the whole object there. */
const copy = 'kubectl.kubernetes.io/last-applied-configuration';
/** What says nothing of what is in a Secret; anything else may. */
const harmless = /^\.(?:metadata|type|immutable|kind|apiVersion)(?![\w-])/;

/** The changes of an object as they may be shown: of a Secret it is told which fields differ, and nothing of what is in them. */
export function maskSecrets(kind: string, changes: readonly FieldChange[]): FieldChange[] {
  return changes.map((change) => {
    const isContent = kind === 'Secret' && !harmless.test(change.path);
    const hide = isContent || change.path.includes(copy) ? hidden : withoutCopies;
    return { path: change.path, from: hide(change.from), to: hide(change.to) };
  });
}

/** A whole map of annotations that comes or goes has the copy in it. */
function withoutCopies(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutCopies);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === copy ? hidden(inner) : withoutCopies(inner)]),
  );
}

function hidden(value: unknown): unknown {
  return value === undefined ? undefined : mask;
}
