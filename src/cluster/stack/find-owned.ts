// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { KubeClient } from '../client/kube-client.ts';
import { inParallel } from '../objects/in-parallel.ts';
import { liveObjectSchema, unlessMissing } from '../objects/live-object.ts';
import { collectionPath, renderedKinds } from '../objects/object-ref.ts';
import type { InventoryEntry } from './inventory.ts';
import { ownerOf } from './owner.ts';
import { fieldManager } from './stack-names.ts';

const itemSchema = liveObjectSchema.extend({
  metadata: liveObjectSchema.shape.metadata.extend({
    managedFields: z.array(z.object({ manager: z.string().default(''), subresource: z.string().nullish() })).nullish(),
  }),
});
const listSchema = z.object({ items: z.array(itemSchema) });
const parallel = 4;

/** With these goes what others have in them. */
const holdOthers: readonly string[] = ['Namespace', 'CustomResourceDefinition'];

/**
 * Every object of a stack by what the objects themselves say: for when its inventory was lost or damaged. Whether a namespace
 * was there before the stack is not recorded then; it shows in who else has set fields of it.
 */
export async function findOwned(client: KubeClient, namespace: string, signal: AbortSignal): Promise<InventoryEntry[]> {
  const query = { labelSelector: 'app.kubernetes.io/managed-by=vdpactl,app.kubernetes.io/part-of=vdpactl', limit: 500 };
  const found = await inParallel(renderedKinds, parallel, async ({ namespaced, ...kind }) => {
    const answer = await unlessMissing(client.request({ path: collectionPath(kind, null), query, signal }));
    if (answer === null) return [];
    return listSchema
      .parse(answer)
      .items.filter((item) => ownerOf(item) === namespace)
      .map((item): InventoryEntry => {
        const { name, namespace: place } = item.metadata;
        const adopted = holdOthers.includes(kind.kind) && wasMadeByOthers(item);
        return { ...kind, namespace: namespaced ? (place ?? null) : null, name, adopted };
      });
  });
  return found.flat();
}

function wasMadeByOthers({ metadata }: z.infer<typeof itemSchema>): boolean {
  return (metadata.managedFields ?? []).some(
    ({ manager, subresource }) => !subresource && manager !== fieldManager && !manager.startsWith('kube-'),
  );
}
