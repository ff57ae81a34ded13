// SPDX-License-Identifier: Apache-2.0
import { isRecord } from '../../../src/config/plain-data.ts';
import type { FakeObject } from './fake-api.ts';

/** What a request that writes comes to: an object to keep, one to remove, or a refusal. */
export type Written =
  | { readonly kind: 'keep' | 'remove'; readonly object: FakeObject }
  | { readonly kind: 'refuse'; readonly status: number; readonly reason: string; readonly message: string };

let uids = 0;

/** As a real server treats one object, without managed fields: create, replace, apply or merge, and delete. */
export function written(method: string, name: string, live: FakeObject | undefined, body: unknown): Written {
  const sent = isRecord(body) ? body : {};
  const meta = isRecord(sent['metadata']) ? sent['metadata'] : {};
  const refuse = (status: number, reason: string, message: string): Written => ({
    kind: 'refuse',
    ...{ status, reason, message },
  });
  if (method === 'POST') {
    return live === undefined ? fresh(sent, meta) : refuse(409, 'AlreadyExists', `"${name}" already exists`);
  }
  if (method === 'DELETE') {
    if (live === undefined) return refuse(404, 'NotFound', `"${name}" not found`);
    const preconditions = isRecord(sent['preconditions']) ? sent['preconditions'] : {};
    if (preconditions['uid'] !== undefined && preconditions['uid'] !== live.metadata['uid']) {
      return refuse(409, 'Conflict', 'the UID in the precondition does not match');
    }
    const finalizers = live.metadata['finalizers'];
    if (!Array.isArray(finalizers) || finalizers.length === 0) return { kind: 'remove', object: live };
    return { kind: 'keep', object: { ...live, metadata: { ...live.metadata, deletionTimestamp: 'now' } } };
  }
  if (meta['uid'] !== undefined && meta['uid'] !== live?.metadata['uid']) {
    return refuse(409, 'Conflict', 'uid mismatch');
  }
  if (method === 'PUT') {
    if (live === undefined) return refuse(404, 'NotFound', `"${name}" not found`);
    const isOld = meta['resourceVersion'] !== undefined && meta['resourceVersion'] !== live.metadata['resourceVersion'];
    return isOld
      ? refuse(409, 'Conflict', 'the object has been modified')
      : { kind: 'keep', object: { ...sent, metadata: { ...meta, name, uid: live.metadata['uid'] } } };
  }
  return live === undefined ? fresh(sent, meta) : { kind: 'keep', object: merged(live, sent) as FakeObject };
}

function fresh(sent: Record<string, unknown>, meta: Record<string, unknown>): Written {
  uids += 1;
  return { kind: 'keep', object: { ...sent, metadata: { ...meta, name: String(meta['name']), uid: `uid-${uids}` } } };
}

/** JSON merge patch: null takes a key away. */
function merged(live: unknown, sent: unknown): unknown {
  if (!isRecord(live) || !isRecord(sent)) return sent;
  const result: Record<string, unknown> = { ...live };
  for (const [key, value] of Object.entries(sent)) {
    if (value === null) delete result[key];
    else result[key] = merged(live[key], value);
  }
  return result;
}
