// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { VdpaError } from '../../errors/vdpa-error.ts';
import { type KubeClient, metadataOfMany, metadataOfOne } from '../client/kube-client.ts';

const timeoutMs = 15_000;
/** At once: nothing in it has to end in an orderly way. Also for a pod on a node that is gone. */
const atOnce = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 } as const;

const podsPath = (namespace: string): string => `/api/v1/namespaces/${namespace}/pods`;

/** Removes one pod. What cannot be removed is looked for once more at the end of the run. */
export async function removePod(client: KubeClient, namespace: string, name: string): Promise<void> {
  try {
    const path = `${podsPath(namespace)}/${name}`;
    await client.request({ method: 'DELETE', path, body: atOnce, timeoutMs, accept: metadataOfOne });
  } catch (error) {
    if (!(error instanceof VdpaError)) throw error;
  }
}

/** Removes all pods with these labels by one request. false: the user may not, or it failed. */
export async function removeTogether(client: KubeClient, namespace: string, labelSelector: string): Promise<boolean> {
  try {
    const path = podsPath(namespace);
    await client.request({
      ...{ method: 'DELETE', path, query: { labelSelector }, body: atOnce, timeoutMs: 4 * timeoutMs },
      accept: metadataOfMany,
    });
    return true;
  } catch (error) {
    if (!(error instanceof VdpaError)) throw error;
    return false;
  }
}

const podSchema = z.object({
  metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).nullish() }),
});
/** Of an empty list there is `null`. */
const listSchema = z.object({ items: z.array(podSchema).nullable() });

type ListedPod = z.infer<typeof podSchema>;

/** Removes those of the pods with a label that are chosen, one by one. @throws ApiError when they cannot be listed. */
export async function removeChosen(
  client: KubeClient,
  namespace: string,
  labelSelector: string,
  choose: (pod: ListedPod) => boolean,
): Promise<void> {
  const listed = await client.request({ path: podsPath(namespace), query: { labelSelector }, accept: metadataOfMany });
  const { items } = listSchema.parse(listed);
  for (const pod of (items ?? []).filter(choose)) await removePod(client, namespace, pod.metadata.name);
}
