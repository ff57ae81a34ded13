// SPDX-License-Identifier: Apache-2.0
import { ApiError } from '../client/api-error.ts';
import type { KubeClient } from '../client/kube-client.ts';
import type { LiveObject } from './live-object.ts';
import { type ObjectRef, pathOf } from './object-ref.ts';

/** Kinds that have pods of their own. */
const runsPods: readonly string[] = ['DaemonSet', 'Deployment', 'CronJob', 'Job'];

/**
 * Deletes this very object and no other that got its name meanwhile. Pods go before what they belong to (foreground), so
 * that a DaemonSet that is gone has left none behind. Nothing else is asked to wait for the garbage collector: that learns
 * of a kind that a definition brought only half a minute later. Nothing to do for one that is gone already.
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
        propagationPolicy: runsPods.includes(ref.kind) ? 'Foreground' : 'Background',
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
