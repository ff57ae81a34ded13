// SPDX-License-Identifier: Apache-2.0
import { applyPatch, type KubeClient } from '../client/kube-client.ts';
import { fieldManager } from '../stack/stack-names.ts';
import { type LiveObject, liveObjectSchema } from './live-object.ts';
import { type ObjectRef, pathOf } from './object-ref.ts';

export interface ApplyOptions {
  /** The server does everything but keep it. */
  readonly dryRun?: boolean;
  /** Takes fields over from whoever else has set them. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Server-side apply of one object, sent as it is. Fields that vdpactl applied before and that are not in it go.
 * @throws ApiError of status 409 whose causes name the fields that another manager has.
 */
export async function applyObject(
  client: KubeClient,
  ref: ObjectRef,
  object: object,
  { dryRun = false, force = false, signal }: ApplyOptions = {},
): Promise<LiveObject> {
  const answer = await client.request({
    method: 'PATCH',
    path: pathOf(ref),
    contentType: applyPatch,
    query: { fieldManager, force, fieldValidation: 'Strict', ...(dryRun ? { dryRun: 'All' } : {}) },
    body: object,
    ...(signal === undefined ? {} : { signal }),
  });
  return liveObjectSchema.parse(answer);
}
