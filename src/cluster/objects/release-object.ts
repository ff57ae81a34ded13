// SPDX-License-Identifier: Apache-2.0
import { ApiError } from '../client/api-error.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { ownerAnnotation } from '../stack/stack-names.ts';
import { applyObject } from './apply-object.ts';
import { type LiveObject, unlessMissing } from './live-object.ts';
import { type ObjectRef, pathOf } from './object-ref.ts';

/**
 * Lets go of an object that stays. An apply of nothing takes back every field that vdpactl alone has set. What would not be
 * whole without them, such as a definition, keeps them and loses what says that it is part of the stack.
 */
export async function releaseObject(
  client: KubeClient,
  ref: ObjectRef,
  live: LiveObject,
  signal: AbortSignal,
): Promise<void> {
  const { apiVersion, kind, name, namespace } = ref;
  const { uid } = live.metadata;
  const metadata = { name, ...(namespace === null ? {} : { namespace }), ...(uid === undefined ? {} : { uid }) };
  try {
    await applyObject(client, ref, { apiVersion, kind, metadata }, { signal });
  } catch (error) {
    // 409: the object of that name is another one by now.
    if (error instanceof ApiError && (error.status === 409 || error.status === 404)) return;
    if (!(error instanceof ApiError) || error.status !== 422) throw error;
    await unmark(client, ref, live, signal);
  }
}

/** null takes a key away. The labels are those by which vdpactl looks for what is its own. */
async function unmark(client: KubeClient, ref: ObjectRef, live: LiveObject, signal: AbortSignal): Promise<void> {
  const { uid, labels } = live.metadata;
  const isMarked = labels?.['app.kubernetes.io/managed-by'] === 'vdpactl';
  const own = Object.keys(labels ?? {}).filter((key) => key.startsWith('app.kubernetes.io/'));
  const metadata = {
    ...(uid === undefined ? {} : { uid }),
    annotations: { [ownerAnnotation]: null },
    ...(isMarked ? { labels: Object.fromEntries(own.map((key) => [key, null])) } : {}),
  };
  await unlessMissing(
    client.request({
      method: 'PATCH',
      path: pathOf(ref),
      contentType: 'application/merge-patch+json',
      body: { metadata },
      signal,
    }),
  );
}
