// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { LiveObject } from '../objects/live-object.ts';
import { countingAnnotations } from './field-diff.ts';

/** The state of an object as a hash: what somebody set, and not what the server and controllers keep about it. */
export function fingerprint(live: LiveObject): string {
  const { status: _, metadata, ...rest } = live;
  const { name, namespace, uid, labels, finalizers } = metadata;
  const kept = Object.entries(metadata.annotations ?? {}).filter(([key]) => !countingAnnotations.includes(key));
  const annotations = Object.fromEntries(kept);
  const meta = { name, namespace, uid, labels, annotations, finalizers };
  return createHash('sha256')
    .update(stableText({ ...rest, metadata: meta }))
    .digest('hex')
    .slice(0, 32);
}

/** JSON with the keys of maps in order. */
function stableText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
