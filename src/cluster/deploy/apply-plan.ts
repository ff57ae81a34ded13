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
      await applyObject(client, ref, withOwner(object, namespace), { force, signal });
      applied.push(ref);
    });
    const definitions = phase.filter(({ kind }) => kind === 'CustomResourceDefinition');
    for (const definition of definitions) await untilEstablished(client, refOf(definition), signal);
  }
  return applied;
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
