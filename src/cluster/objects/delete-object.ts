// SPDX-License-Identifier: Apache-2.0
import { ApiError } from '../client/api-error.ts';
import type { KubeClient } from '../client/kube-client.ts';
import type { LiveObject } from './live-object.ts';
import { type ObjectRef, pathOf } from './object-ref.ts';

/**
 * Deletes this very object and no other that got its name meanwhile. What it owns goes before it (foreground), so that an
 * object that is gone has left no pod behind. Nothing to do for one that is gone already.
 */
export async function deleteObject(
  client: KubeClient,
  ref: ObjectRef,
  { metadata: { uid } }: LiveObject,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await client.request({
      method: 'DELETE',
      path: pathOf(ref),
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: 'Foreground',
        ...(uid === undefined ? {} : { preconditions: { uid } }),
      },
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    // 409: one of that name is there again, which is not the one that was to go.
    if (error instanceof ApiError && (error.status === 404 || error.status === 409)) return;
    throw error;
  }
}
