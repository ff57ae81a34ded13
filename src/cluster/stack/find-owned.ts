// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { KubeClient } from '../client/kube-client.ts';
import { inParallel } from '../objects/in-parallel.ts';
import { liveObjectSchema, unlessMissing } from '../objects/live-object.ts';
import { collectionPath, renderedKinds } from '../objects/object-ref.ts';
import { listPages } from '../watch/list-pages.ts';
import type { InventoryEntry } from './inventory.ts';
import { ownerOf } from './owner.ts';
import { fieldManager } from './stack-names.ts';

const itemSchema = liveObjectSchema.extend({
  metadata: liveObjectSchema.shape.metadata.extend({
    managedFields: z.array(z.object({ manager: z.string().default(''), subresource: z.string().nullish() })).nullish(),
  }),
});
const parallel = 4;

/** With these goes what others have in them. */
const holdOthers: readonly string[] = ['Namespace', 'CustomResourceDefinition'];

/**
 * Every object of a stack by what the objects themselves say: for when its inventory was lost or damaged. Whether a namespace
 * was there before the stack is not recorded then; it shows in who else has set fields of it.
 */
export async function findOwned(client: KubeClient, namespace: string, signal: AbortSignal): Promise<InventoryEntry[]> {
  const labelSelector = 'app.kubernetes.io/managed-by=vdpactl,app.kubernetes.io/part-of=vdpactl';
  const found = await inParallel(renderedKinds, parallel, async ({ namespaced, ...kind }) => {
    // By name: a list that had to be read anew has some twice.
    const entries = new Map<string, InventoryEntry>();
    const add = (one: unknown) => {
      const item = itemSchema.parse(one);
      if (ownerOf(item) !== namespace) return;
      const { name, namespace: place } = item.metadata;
      const adopted = holdOthers.includes(kind.kind) && wasMadeByOthers(item);
      const entry = { ...kind, namespace: namespaced ? (place ?? null) : null, name, adopted };
      entries.set(`${place ?? ''}/${name}`, entry);
    };
    const path = collectionPath(kind, null);
    await unlessMissing(listPages(client, { path, labelSelector, signal }, (items) => items.forEach(add)));
    return [...entries.values()];
  });
  return found.flat();
}

function wasMadeByOthers({ metadata }: z.infer<typeof itemSchema>): boolean {
  return (metadata.managedFields ?? []).some(
    ({ manager, subresource }) => !subresource && manager !== fieldManager && !manager.startsWith('kube-'),
  );
}
