// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { Progress } from '../../output/progress.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { inPhases } from '../deploy/phases.ts';
import { deleteObject } from '../objects/delete-object.ts';
import { inParallel } from '../objects/in-parallel.ts';
import { type LiveObject, readLive } from '../objects/live-object.ts';
import { type ObjectRef, refText } from '../objects/object-ref.ts';
import { releaseObject } from '../objects/release-object.ts';
import type { InventoryEntry } from '../stack/inventory.ts';
import { ownerOf } from '../stack/owner.ts';
import { whatOthersKeep } from './foreign-objects.ts';

export interface RemoveRequest {
  readonly client: KubeClient;
  /** The namespace of the stack, which is its name. */
  readonly namespace: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** What became of an object that was to go. */
export interface Removal {
  readonly ref: ObjectRef;
  /** `released`: it stays, without what vdpactl had set. `absent`: it was gone, or is another's by now. */
  readonly outcome: 'removed' | 'released' | 'absent';
  /** Why it stays; null where it does not. */
  readonly why: string | null;
}

const parallel = 8;
const pollMs = 200;

/**
 * Removes objects, what needs others first, and waits until they are gone. What others have put into a namespace or made of a
 * definition is not vdpactl's to delete: those stay, without the fields that vdpactl set.
 * @throws VdpaError VDPA-DESTROY-001 when one does not go in time.
 */
export async function removeObjects(request: RemoveRequest, entries: readonly InventoryEntry[]): Promise<Removal[]> {
  const removals: Removal[] = [];
  for (const phase of inPhases(entries).reverse()) {
    const done = await inParallel(phase, parallel, (entry) => removeOne(request, entry));
    await untilGone(
      request,
      done.filter(({ outcome }) => outcome === 'removed').map(({ ref }) => ref),
    );
    removals.push(...done);
  }
  return removals;
}

async function removeOne(request: RemoveRequest, entry: InventoryEntry): Promise<Removal> {
  const { client, namespace, signal } = request;
  const { adopted, ...ref } = entry;
  const live = await readLive(client, ref, signal);
  if (live === null || ownerOf(live) !== namespace) return { ref, outcome: 'absent', why: null };
  const why = adopted ? 'it was there before the stack' : await whatOthersKeep(client, ref, namespace, signal);
  if (why !== null) {
    await releaseObject(client, ref, live, signal);
    return { ref, outcome: 'released', why };
  }
  await deleteObject(client, ref, live, signal);
  return { ref, outcome: 'removed', why: null };
}

async function untilGone(request: RemoveRequest, refs: readonly ObjectRef[]): Promise<void> {
  const { client, namespace, progress, signal, timeoutMs } = request;
  const deadline = performance.now() + timeoutMs;
  let left = refs;
  for (let pause = 20; ; pause = Math.min(pause * 2, pollMs)) {
    const there = await inParallel(left, parallel, async (ref) => {
      const live = await readLive(client, ref, signal);
      // One that somebody else has made anew is another one.
      return live !== null && ownerOf(live) === namespace ? [{ ref, live }] : [];
    });
    const still = there.flat();
    const [first] = still;
    if (first === undefined) return;
    left = still.map(({ ref }) => ref);
    progress.update(`waiting for ${refText(first.ref)} to go${left.length > 1 ? ` and ${left.length - 1} more` : ''}`);
    if (performance.now() > deadline) throw notGone(request, first.ref, first.live);
    await sleep(pause, undefined, { signal });
  }
}

function notGone({ client, timeoutMs }: RemoveRequest, ref: ObjectRef, live: LiveObject): VdpaError {
  const own = (live.metadata.finalizers ?? []).filter((name) => name !== 'foregroundDeletion');
  const why = own.length > 0 ? `; it waits for the finalizer ${own.join(', ')}` : '';
  const scope = ref.namespace === null ? '' : ` -n ${ref.namespace}`;
  return new VdpaError('VDPA-DESTROY-001', `${refText(ref)} is not gone after ${timeoutMs / 1000} s${why}`, {
    where: `context ${client.access.context}`,
    details: whatRemains(live),
    next: `see what holds it: kubectl get ${ref.resource} ${ref.name}${scope} -o yaml; then run the same command again, which goes on from here`,
  });
}

const terminatingSchema = z.object({
  status: z.object({
    conditions: z.array(z.object({ status: z.string(), message: z.string().default('') })),
  }),
});

/** What a namespace says of what is still in it. */
function whatRemains(live: LiveObject): string[] {
  const conditions = terminatingSchema.safeParse(live).data?.status.conditions ?? [];
  return conditions.filter(({ status, message }) => status === 'True' && message !== '').map(({ message }) => message);
}
