// SPDX-License-Identifier: Apache-2.0
import type { KubernetesObject } from '../../../templates/kubernetes/kubernetes-object.ts';
import { ApiError } from '../../client/api-error.ts';
import type { KubeClient } from '../../client/kube-client.ts';
import { liveObjectSchema, readLive } from '../../objects/live-object.ts';
import { collectionPath, keyOf, refOf, refText, renderedKinds } from '../../objects/object-ref.ts';
import { type FoundInventory, type Inventory, readInventory } from '../../stack/inventory.ts';
import { leaseRef } from '../../stack/lease-object.ts';
import { ownerOf } from '../../stack/owner.ts';
import { allowedObject } from '../allow/object.ts';
import { scrub } from '../allow/scrub.ts';
import type { Digest } from '../digest.ts';
import { eachPage } from '../each-page.ts';
import type { PartScope } from '../parts.ts';
import { fileName } from './nodes.ts';

/** The record of the stack: what is in it is what vdpactl wrote; of the plan which objects, and the nodes. */
export async function collectInventory(
  client: KubeClient,
  namespace: string,
  digest: Digest,
  scope: PartScope,
): Promise<Inventory | null> {
  const found = await readInventory(client, namespace, scope.signal);
  digest.stack = stateText(found);
  if (found.kind !== 'found') {
    await scope.add('inventory.json', found.kind === 'none' ? found : { ...found, why: scrub(found.why) });
    return null;
  }
  const { state, version, objects, plan, previous } = found.inventory;
  const planned = { objects: plan.objects.map((object) => refText(refOf(object))), nodes: plan.nodes };
  const before = previous === null ? null : { nodes: previous.nodes };
  await scope.add('inventory.json', { kind: 'found', state, version, objects, plan: planned, previous: before });
  return found.inventory;
}

function stateText(found: FoundInventory): string {
  if (found.kind === 'none') return 'none in this namespace';
  if (found.kind === 'damaged') return `its record is damaged: ${scrub(found.why)}`;
  return `${found.inventory.state}, by vdpactl ${found.inventory.version}`;
}

/** Every object that says it is of this stack, whatever its record says. */
export async function collectObjects(
  client: KubeClient,
  namespace: string,
  inventory: Inventory | null,
  scope: PartScope,
): Promise<void> {
  const rendered = new Map<string, KubernetesObject>();
  for (const object of inventory?.plan.objects ?? []) rendered.set(keyOf(refOf(object)), object);
  for (const { namespaced, ...kind } of renderedKinds) {
    try {
      const query = { labelSelector: 'app.kubernetes.io/part-of=vdpactl', signal: scope.signal };
      for await (const page of eachPage(client, { path: collectionPath(kind, null), ...query })) {
        for (const item of page) {
          const live = liveObjectSchema.parse(item);
          if (ownerOf(live) !== namespace) continue;
          const { name, namespace: place } = live.metadata;
          const ref = { ...kind, namespace: namespaced ? (place ?? null) : null, name };
          const file = [kind.resource, ...(place === undefined ? [] : [place]), name].map(fileName).join('/');
          await scope.add(`objects/${file}.json`, { object: allowedObject(kind.kind, live, rendered.get(keyOf(ref))) });
        }
      }
    } catch (error) {
      scope.signal.throwIfAborted();
      // A kind that the cluster does not know has no objects.
      if (error instanceof ApiError && error.status === 404) continue;
      scope.gap(kind.resource, 'failed', error);
    }
  }
}

/** Who is, or was last, at work on the stack. */
export async function collectLease(client: KubeClient, namespace: string, scope: PartScope): Promise<void> {
  const lease = await readLive(client, leaseRef(namespace), scope.signal);
  await scope.add('lease.json', { lease: lease === null ? null : allowedObject('Lease', lease, null) });
}
