// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { Progress } from '../../output/progress.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { deleteObject } from '../objects/delete-object.ts';
import { type Holder, hasEnded, holderText, parseHolder, thisProcess } from './holder.ts';
import {
  createLease,
  type LiveLease,
  leaseDurationMs,
  leaseRef,
  letGoOf,
  readLease,
  replaceLease,
} from './lease-object.ts';
import { leaseName } from './stack-names.ts';

export interface LeaseTiming {
  /** After which silence it may be taken over. */
  readonly durationMs: number;
  readonly renewEveryMs: number;
  /** Between two looks at a lease that somebody else has, and two attempts to renew one's own. */
  readonly lookEveryMs: number;
}

const usual: LeaseTiming = { durationMs: leaseDurationMs, renewEveryMs: 5_000, lookEveryMs: 1_000 };

/** What guards a stack while it is changed. */
export interface StackLease {
  /** Aborts when the lease was lost, and with it the right to change anything. */
  readonly signal: AbortSignal;
  /** Stops renewing and lets go; `remove` leaves no Lease behind. Never throws: what is not let go ends by itself. */
  release(options?: { readonly remove?: boolean }): Promise<void>;
}

/**
 * Takes the lease of a stack. One whose holder is known to have ended is taken at once; one of another machine when it was
 * not renewed for as long as it lasts, by the clock of this machine: no two clocks are compared.
 * @throws VdpaError VDPA-LOCK-001 when somebody else is at work.
 */
export async function acquireLease(
  client: KubeClient,
  namespace: string,
  { signal, progress, timing = usual }: LeaseRequest,
): Promise<StackLease> {
  const me = thisProcess();
  const lease = await take(client, namespace, me, { signal, progress, timing });
  return keep(client, namespace, me, lease, timing);
}

export interface LeaseRequest {
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly timing?: LeaseTiming;
}

async function take(
  client: KubeClient,
  namespace: string,
  me: Holder,
  { signal, progress, timing }: Required<LeaseRequest>,
): Promise<LiveLease> {
  let seen = null as { readonly version: string; readonly at: number } | null;
  for (;;) {
    const found = await readLease(client, namespace, signal);
    if (found === null) {
      const created = await createLease(client, namespace, me, signal);
      if (created !== null) return created;
      continue;
    }
    const holder = found.spec?.holderIdentity ?? '';
    const version = found.metadata.resourceVersion ?? '';
    const isSilent = seen?.version === version && performance.now() - seen.at > timing.durationMs;
    const known = parseHolder(holder);
    if (holder === '' || holder === holderText(me) || isSilent || (known !== null && hasEnded(known))) {
      const taken = await replaceLease(client, namespace, me, found, signal);
      if (taken !== null) return taken;
      continue;
    }
    // It was renewed before our eyes.
    if (seen !== null && seen.version !== version) throw inUse(client, known, holder, found);
    if (seen === null) {
      seen = { version, at: performance.now() };
      progress.update(`waiting to see whether ${nameOf(known, holder)} is still at work`);
    }
    await sleep(timing.lookEveryMs, undefined, { signal });
  }
}

function keep(client: KubeClient, namespace: string, me: Holder, taken: LiveLease, timing: LeaseTiming): StackLease {
  const lost = new AbortController();
  const end = new AbortController();
  let lease = taken;
  const renewing = (async () => {
    let renewedAt = performance.now();
    let pauseMs = timing.renewEveryMs;
    for (;;) {
      await sleep(pauseMs, undefined, { signal: end.signal, ref: false }).catch(() => {});
      if (end.signal.aborted) return;
      const sentAt = performance.now();
      try {
        const next = await replaceLease(client, namespace, me, lease, end.signal, timing.renewEveryMs);
        const current = next ?? (await readLease(client, namespace, end.signal));
        if (current?.spec?.holderIdentity !== holderText(me)) return lost.abort(lostTo(client, current, 'taken'));
        lease = current;
        renewedAt = sentAt;
        pauseMs = timing.renewEveryMs;
      } catch {
        if (end.signal.aborted) return;
        // By then another machine may have taken it for abandoned.
        if (performance.now() - renewedAt > timing.durationMs) return lost.abort(lostTo(client, null, 'silent'));
        pauseMs = timing.lookEveryMs;
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
      const done = remove ? deleteObject(client, leaseRef(namespace), lease) : letGoOf(client, namespace, me, lease);
      await done.catch(() => {});
    },
  };
}

const nameOf = (known: Holder | null, holder: string): string =>
  known === null ? holder : `${known.user} on ${known.host} (process ${known.pid})`;

function inUse({ access }: KubeClient, known: Holder | null, holder: string, lease: LiveLease): VdpaError {
  return new VdpaError('VDPA-LOCK-001', `${nameOf(known, holder)} is changing this stack`, {
    where: `context ${access.context}, Lease ${lease.metadata.namespace ?? ''}/${leaseName}`,
    next: 'wait until it is done, and run the same command again; vdpactl status --target kubernetes says how far it is',
  });
}

function lostTo({ access }: KubeClient, lease: LiveLease | null, how: 'taken' | 'silent'): VdpaError {
  const holder = lease?.spec?.holderIdentity ?? '';
  const why =
    how === 'silent'
      ? 'the API server did not renew it in time'
      : holder === ''
        ? 'somebody removed it'
        : `${nameOf(parseHolder(holder), holder)} has it`;
  return new VdpaError('VDPA-LOCK-002', `the lease of this stack was lost: ${why}`, {
    where: `context ${access.context}`,
    next: 'nothing more was changed; run the same command again, which goes on from here',
  });
}
