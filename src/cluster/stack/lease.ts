// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { Progress } from '../../output/progress.ts';
import { ApiError } from '../client/api-error.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { deleteObject } from '../objects/delete-object.ts';
import { liveObjectSchema, unlessMissing } from '../objects/live-object.ts';
import { collectionPath, type ObjectRef, pathOf } from '../objects/object-ref.ts';
import { type Holder, hasEnded, holderText, parseHolder, thisProcess } from './holder.ts';
import { leaseName } from './stack-names.ts';

/** Kubernetes' own components use the same figures for theirs, seconds. */
const durationSeconds = 15;
const renewEveryMs = 5_000;
const lookEveryMs = 1_000;

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

type LiveLease = z.infer<typeof leaseSchema>;

/** What guards a stack while it is changed. */
export interface StackLease {
  /** Aborts when the lease was lost, and with it the right to change anything. */
  readonly signal: AbortSignal;
  /** Stops renewing and lets go; `remove` leaves no Lease behind. Never throws: what is not let go ends by itself. */
  release(options?: { readonly remove?: boolean }): Promise<void>;
}

export function leaseRef(namespace: string): ObjectRef {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    resource: 'leases',
    namespace,
    name: leaseName,
  };
}

/**
 * Takes the lease of a stack. One whose holder is known to have ended is taken at once; one of another machine when it was
 * not renewed for as long as it lasts, by the clock of this machine: no two clocks are compared.
 * @throws VdpaError VDPA-LOCK-001 when somebody else is at work.
 */
export async function acquireLease(
  client: KubeClient,
  namespace: string,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: Progress },
): Promise<StackLease> {
  const me = thisProcess();
  const lease = await take(client, namespace, me, signal, progress);
  return keep(client, namespace, me, lease);
}

async function take(
  client: KubeClient,
  namespace: string,
  me: Holder,
  signal: AbortSignal,
  progress: Progress,
): Promise<LiveLease> {
  let seen = null as { readonly version: string; readonly at: number } | null;
  for (;;) {
    const found = await read(client, namespace, signal);
    if (found === null) {
      const created = await create(client, namespace, me, signal);
      if (created !== null) return created;
      continue;
    }
    const holder = found.spec?.holderIdentity ?? '';
    const version = found.metadata.resourceVersion ?? '';
    const isSilent = seen?.version === version && performance.now() - seen.at > durationSeconds * 1000;
    const known = parseHolder(holder);
    if (holder === '' || holder === holderText(me) || isSilent || (known !== null && hasEnded(known))) {
      const taken = await replace(client, namespace, me, found, signal);
      if (taken !== null) return taken;
      continue;
    }
    // It was renewed before our eyes.
    if (seen !== null && seen.version !== version) throw inUse(client, known, holder, found);
    if (seen === null) {
      seen = { version, at: performance.now() };
      progress.update(`waiting to see whether ${nameOf(known, holder)} is still at work`);
    }
    await sleep(lookEveryMs, undefined, { signal });
  }
}

function keep(client: KubeClient, namespace: string, me: Holder, taken: LiveLease): StackLease {
  const lost = new AbortController();
  const end = new AbortController();
  let lease = taken;
  const renewing = (async () => {
    let renewedAt = performance.now();
    while (!end.signal.aborted) {
      await sleep(renewEveryMs, undefined, { signal: end.signal, ref: false }).catch(() => {});
      if (end.signal.aborted) return;
      try {
        const next = await replace(client, namespace, me, lease, end.signal);
        const current = next ?? (await read(client, namespace, end.signal));
        if (current?.spec?.holderIdentity !== holderText(me)) return lost.abort(lostTo(client, current));
        lease = current;
        renewedAt = performance.now();
      } catch {
        if (end.signal.aborted) return;
        if (performance.now() - renewedAt > durationSeconds * 1000) return lost.abort(lostTo(client, null));
      }
    }
  })();
  return {
    signal: lost.signal,
    async release({ remove = false } = {}) {
      if (end.signal.aborted) return;
      end.abort();
      await renewing;
      if (lost.signal.aborted) return;
      const done = remove ? deleteObject(client, leaseRef(namespace), lease) : letGo(client, namespace, lease);
      await done.catch(() => {});
    },
  };
}

async function read(client: KubeClient, namespace: string, signal: AbortSignal): Promise<LiveLease | null> {
  return unlessMissing(client.request({ path: pathOf(leaseRef(namespace)), signal }).then(leaseSchema.parse));
}

/** null: somebody else was faster. */
async function create(client: KubeClient, namespace: string, me: Holder, signal: AbortSignal) {
  const ref = leaseRef(namespace);
  const { apiVersion, kind } = ref;
  const body = { apiVersion, kind, metadata: { name: leaseName, namespace }, spec: specOf(me, 0) };
  return unlessTaken(client.request({ method: 'POST', path: collectionPath(ref, namespace), body, signal }));
}

/** The version that was read goes along, so that of two who take it one fails. null: somebody else was faster. */
async function replace(client: KubeClient, namespace: string, me: Holder, found: LiveLease, signal: AbortSignal) {
  const renewed = found.spec?.holderIdentity === holderText(me);
  const transitions = (found.spec?.leaseTransitions ?? 0) + (renewed ? 0 : 1);
  const acquireTime = renewed ? found.spec?.acquireTime : undefined;
  const spec = { ...specOf(me, transitions), ...(acquireTime ? { acquireTime } : {}) };
  return unlessTaken(
    client.request({ method: 'PUT', path: pathOf(leaseRef(namespace)), body: { ...found, spec }, signal }),
  );
}

async function letGo(client: KubeClient, namespace: string, lease: LiveLease): Promise<void> {
  const spec = { ...lease.spec, holderIdentity: '' };
  await client.request({
    method: 'PUT',
    path: pathOf(leaseRef(namespace)),
    body: { ...lease, spec },
    timeoutMs: 5_000,
  });
}

function specOf(me: Holder, leaseTransitions: number) {
  // MicroTime: exactly six digits.
  const now = new Date().toISOString().replace('Z', '000Z');
  return {
    holderIdentity: holderText(me),
    leaseDurationSeconds: durationSeconds,
    acquireTime: now,
    renewTime: now,
    leaseTransitions,
  };
}

async function unlessTaken(request: Promise<unknown>): Promise<LiveLease | null> {
  try {
    return leaseSchema.parse(await request);
  } catch (error) {
    // 404: it went with its namespace, or somebody removed it.
    if (error instanceof ApiError && (error.status === 409 || error.status === 404)) {
      if (error.status === 404 && error.message.includes('namespaces')) throw error;
      return null;
    }
    throw error;
  }
}

const nameOf = (known: Holder | null, holder: string): string =>
  known === null ? holder : `${known.user} on ${known.host} (process ${known.pid})`;

function inUse({ access }: KubeClient, known: Holder | null, holder: string, lease: LiveLease): VdpaError {
  return new VdpaError('VDPA-LOCK-001', `${nameOf(known, holder)} is changing this stack`, {
    where: `context ${access.context}, Lease ${lease.metadata.namespace ?? ''}/${leaseName}`,
    next: 'wait until it is done, and run the same command again; vdpactl status says how far it is',
  });
}

function lostTo({ access }: KubeClient, lease: LiveLease | null): VdpaError {
  const holder = lease?.spec?.holderIdentity ?? '';
  const who =
    holder === '' ? 'the API server did not renew it in time' : `${nameOf(parseHolder(holder), holder)} has it`;
  return new VdpaError('VDPA-LOCK-002', `the lease of this stack was lost: ${who}`, {
    where: `context ${access.context}`,
    next: 'nothing more was changed; run the same command again, which goes on from here',
  });
}
