// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { KubeClient } from '../client/kube-client.ts';
import { type LiveObject, liveObjectSchema, unlessMissing } from '../objects/live-object.ts';
import { collectionPath, type ObjectRef } from '../objects/object-ref.ts';
import { ownerOf } from '../stack/owner.ts';
import { listPages } from '../watch/list-pages.ts';

/** What runs or keeps data in a namespace. The rest (settings, accounts, events) means nothing without it. */
const kept = [
  { apiVersion: 'v1', resource: 'pods', kind: 'Pod' },
  { apiVersion: 'v1', resource: 'persistentvolumeclaims', kind: 'PersistentVolumeClaim' },
  { apiVersion: 'v1', resource: 'services', kind: 'Service' },
  { apiVersion: 'apps/v1', resource: 'deployments', kind: 'Deployment' },
  { apiVersion: 'apps/v1', resource: 'statefulsets', kind: 'StatefulSet' },
  { apiVersion: 'apps/v1', resource: 'daemonsets', kind: 'DaemonSet' },
  { apiVersion: 'batch/v1', resource: 'jobs', kind: 'Job' },
  { apiVersion: 'batch/v1', resource: 'cronjobs', kind: 'CronJob' },
] as const;

const networks = {
  apiVersion: 'k8s.cni.cncf.io/v1',
  resource: 'network-attachment-definitions',
  kind: 'NetworkAttachmentDefinition',
};

const itemSchema = liveObjectSchema.extend({
  metadata: liveObjectSchema.shape.metadata.extend({
    ownerReferences: z.array(z.object({ kind: z.string() })).nullish(),
  }),
});

/**
 * Why an object cannot be deleted although it is the stack's: what somebody else has in it would go too. null: nothing of
 * the kind, or an object that has nothing in it.
 */
export async function whatOthersKeep(
  client: KubeClient,
  ref: ObjectRef,
  owner: string,
  signal: AbortSignal,
): Promise<string | null> {
  if (ref.kind === 'Namespace') {
    const found = await Promise.all([...kept, networks].map((kind) => foreign(client, kind, ref.name, owner, signal)));
    return words(found.flat(), 'has');
  }
  if (ref.kind === 'CustomResourceDefinition' && ref.name === `${networks.resource}.k8s.cni.cncf.io`) {
    return words(await foreign(client, networks, null, owner, signal), 'defines');
  }
  return null;
}

async function foreign(
  client: KubeClient,
  kind: { readonly apiVersion: string; readonly resource: string; readonly kind: string },
  namespace: string | null,
  owner: string,
  signal: AbortSignal,
): Promise<string[]> {
  const path = collectionPath(kind, namespace);
  const others = new Set<string>();
  const add = (item: unknown) => {
    const object = itemSchema.parse(item);
    const { metadata } = object;
    // What belongs to another object of the namespace goes or stays with that.
    const belongs = (metadata.ownerReferences ?? []).length > 0;
    if (!belongs && ownerOf(object) !== owner && !isOfAMoment(object)) {
      others.add(`${kind.kind} ${metadata.namespace ?? ''}/${metadata.name}`);
    }
  };
  await unlessMissing(listPages(client, { path, signal }, (items) => items.forEach(add)));
  return [...others];
}

/** A pod that vdpactl itself makes for a moment. What is part of another stack has an owner. */
function isOfAMoment(object: LiveObject): boolean {
  return ownerOf(object) === null && object.metadata.labels?.['app.kubernetes.io/managed-by'] === 'vdpactl';
}

function words(others: readonly string[], verb: string): string | null {
  const [first] = others;
  if (first === undefined) return null;
  return `it ${verb} what others have made: ${first}${others.length > 1 ? ` and ${others.length - 1} more` : ''}`;
}
