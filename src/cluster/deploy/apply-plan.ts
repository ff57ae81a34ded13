// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { Progress } from '../../output/progress.ts';
import type { KubernetesObject } from '../../templates/kubernetes/kubernetes-object.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { applyObject } from '../objects/apply-object.ts';
import { inParallel } from '../objects/in-parallel.ts';
import { readLive } from '../objects/live-object.ts';
import { keyOf, type ObjectRef, refOf, refText } from '../objects/object-ref.ts';
import type { PlannedChange } from '../plan/planned-change.ts';
import { withOwner } from '../stack/owner.ts';
import { inPhases } from './phases.ts';

export interface ApplyRequest {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const parallel = 8;
const definitionTimeoutMs = 30_000;
const pollMs = 50;
/** Pods have their time to end when what they belong to is deleted. */
const goingTimeoutMs = 60_000;
const goingPollMs = 300;

/** Applies those of the objects that differ, what others need first, and answers which were. */
export async function applyObjects(
  { client, namespace, progress, signal }: ApplyRequest,
  objects: readonly KubernetesObject[],
  changes: readonly PlannedChange[],
): Promise<ObjectRef[]> {
  const planned = new Map(changes.map((change) => [keyOf(change.ref), change]));
  const applied: ObjectRef[] = [];
  for (const phase of inPhases(objects)) {
    const due = phase.filter((object) => planned.get(keyOf(refOf(object)))?.action !== 'unchanged');
    await inParallel(due, parallel, async (object) => {
      const ref = refOf(object);
      progress.update(refText(ref));
      const force = planned.get(keyOf(ref))?.force ?? false;
      await applyForGood(client, ref, withOwner(object, namespace), force, signal);
      applied.push(ref);
    });
    const definitions = phase.filter(({ kind }) => kind === 'CustomResourceDefinition');
    for (const definition of definitions) await untilEstablished(client, refOf(definition), signal);
  }
  return applied;
}

/** An object that somebody is deleting takes what is applied, and goes all the same: it is made anew when it has gone. */
async function applyForGood(
  client: KubeClient,
  ref: ObjectRef,
  object: KubernetesObject,
  force: boolean,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + goingTimeoutMs;
  for (;;) {
    const { metadata } = await applyObject(client, ref, object, { force, signal });
    if (!metadata.deletionTimestamp) return;
    if (performance.now() > deadline) throw beingDeleted(client, ref, metadata.finalizers ?? []);
    await sleep(goingPollMs, undefined, { signal });
  }
}

function beingDeleted({ access }: KubeClient, ref: ObjectRef, finalizers: readonly string[]): VdpaError {
  const scope = ref.namespace === null ? '' : ` -n ${ref.namespace}`;
  const why = finalizers.length > 0 ? `, and waits for the finalizer ${finalizers.join(', ')}` : '';
  return new VdpaError('VDPA-DEPLOY-002', `${refText(ref)} is being deleted by somebody else${why}`, {
    where: `context ${access.context}`,
    next: `see what holds it: kubectl get ${ref.resource} ${ref.name}${scope} -o yaml; then run the same command again`,
  });
}

const definitionSchema = z.object({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish() }).nullish(),
});

/** Objects of the kind that it defines can be made only then. */
async function untilEstablished(client: KubeClient, ref: ObjectRef, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + definitionTimeoutMs;
  for (;;) {
    const { status } = definitionSchema.parse((await readLive(client, ref, signal)) ?? {});
    const conditions = status?.conditions ?? [];
    if (conditions.some(({ type, status: is }) => type === 'Established' && is === 'True')) return;
    if (performance.now() > deadline) {
      throw new VdpaError('VDPA-DEPLOY-002', `${refText(ref)} is not established`, {
        where: `context ${client.access.context}`,
        next: `see why: kubectl describe ${ref.resource} ${ref.name}`,
      });
    }
    await sleep(pollMs, undefined, { signal });
  }
}
