// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { ApiError } from '../client/api-error.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { liveObjectSchema, unlessMissing } from '../objects/live-object.ts';
import { collectionPath, type ObjectRef, pathOf } from '../objects/object-ref.ts';
import { type Holder, holderText } from './holder.ts';
import { leaseName } from './stack-names.ts';

/** After which silence a lease may be taken over. Kubernetes' own components use the same figure for theirs. */
export const leaseDurationMs = 15_000;

const leaseSchema = liveObjectSchema.extend({
  spec: z
    .looseObject({
      holderIdentity: z.string().nullish(),
      renewTime: z.string().nullish(),
      acquireTime: z.string().nullish(),
      leaseTransitions: z.int().nullish(),
    })
    .nullish(),
});

export type LiveLease = z.infer<typeof leaseSchema>;

export function leaseRef(namespace: string): ObjectRef {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    resource: 'leases',
    namespace,
    name: leaseName,
  };
}

export async function readLease(client: KubeClient, namespace: string, signal: AbortSignal): Promise<LiveLease | null> {
  return unlessMissing(client.request({ path: pathOf(leaseRef(namespace)), signal }).then(leaseSchema.parse));
}

/** null: somebody else was faster. */
export async function createLease(client: KubeClient, namespace: string, me: Holder, signal: AbortSignal) {
  const ref = leaseRef(namespace);
  const { apiVersion, kind } = ref;
  const body = { apiVersion, kind, metadata: { name: leaseName, namespace }, spec: specOf(me, 0) };
  return unlessTaken(
    client.request({ method: 'POST', path: collectionPath(ref, namespace), body, repeatable: true, signal }),
  );
}

/** The version that was read goes along, so that of two who take it one fails. null: somebody else was faster. */
export async function replaceLease(
  client: KubeClient,
  namespace: string,
  me: Holder,
  found: LiveLease,
  signal: AbortSignal,
  timeoutMs = 30_000,
) {
  const renewed = found.spec?.holderIdentity === holderText(me);
  const transitions = (found.spec?.leaseTransitions ?? 0) + (renewed ? 0 : 1);
  const acquireTime = renewed ? found.spec?.acquireTime : undefined;
  const spec = { ...specOf(me, transitions), ...(acquireTime ? { acquireTime } : {}) };
  const path = pathOf(leaseRef(namespace));
  return unlessTaken(
    client.request({ method: 'PUT', path, body: { ...found, spec }, repeatable: true, signal, timeoutMs }),
  );
}

export async function letGoOf(client: KubeClient, namespace: string, me: Holder, lease: LiveLease): Promise<void> {
  const path = pathOf(leaseRef(namespace));
  const put = (found: LiveLease) => {
    const body = { ...found, spec: { ...found.spec, holderIdentity: '' } };
    return unlessTaken(client.request({ method: 'PUT', path, body, repeatable: true, timeoutMs: 5_000 }));
  };
  if ((await put(lease)) !== null) return;
  // A renewal that was cut short when the work ended may have arrived all the same.
  const now = await readLease(client, namespace, AbortSignal.timeout(5_000));
  if (now?.spec?.holderIdentity === holderText(me)) await put(now);
}

function specOf(me: Holder, leaseTransitions: number) {
  // MicroTime: exactly six digits.
  const now = new Date().toISOString().replace('Z', '000Z');
  return {
    holderIdentity: holderText(me),
    leaseDurationSeconds: leaseDurationMs / 1000,
    acquireTime: now,
    renewTime: now,
    leaseTransitions,
  };
}

async function unlessTaken(request: Promise<unknown>): Promise<LiveLease | null> {
  try {
    return leaseSchema.parse(await request);
  } catch (error) {
    // 404: somebody removed it, unless it is the namespace that is not there: `namespaces "vdpactl-system" not found`.
    const isTaken = error instanceof ApiError && (error.status === 409 || error.status === 404);
    if (!isTaken || /namespaces "[^"]*" not found/.test(error.message)) throw error;
    return null;
  }
}
