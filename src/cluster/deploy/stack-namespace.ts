// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { VdpaError } from '../../errors/vdpa-error.ts';
import type { Progress } from '../../output/progress.ts';
import type { KubernetesObject } from '../../templates/kubernetes/kubernetes-object.ts';
import { ApiError } from '../client/api-error.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { applyObject } from '../objects/apply-object.ts';
import { deleteObject } from '../objects/delete-object.ts';
import { readLive } from '../objects/live-object.ts';
import type { ObjectRef } from '../objects/object-ref.ts';
import { withOwner } from '../stack/owner.ts';

const pollMs = 250;

export interface NamespaceRequest {
  readonly client: KubeClient;
  readonly namespace: string;
  /** As it is rendered; null for one of Kubernetes' own, which has to be there. */
  readonly object: KubernetesObject | null;
  readonly timeoutMs: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export function namespaceRef(name: string): ObjectRef {
  return { apiVersion: 'v1', kind: 'Namespace', resource: 'namespaces', namespace: null, name };
}

/**
 * Makes the namespace of the stack where there is none: the lease that guards everything else has to be somewhere. One that is
 * there is left as it is. `undo` removes it again, as long as nothing but the lease came into it.
 */
export async function ensureNamespace(request: NamespaceRequest): Promise<{ undo(): Promise<void> }> {
  const { client, namespace, object, signal } = request;
  const ref = namespaceRef(namespace);
  if ((await presentNamespace(request)) !== null) return { async undo() {} };
  if (object === null) throw gone(request, 'is not there');
  const made = await applyObject(client, ref, withOwner(object, namespace), { signal });
  return { undo: () => deleteObject(client, ref, made) };
}

/** The namespace; null where there is none. One that is being removed is waited for. */
export async function presentNamespace(request: NamespaceRequest) {
  const { client, namespace, timeoutMs, progress, signal } = request;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const live = await readLive(client, namespaceRef(namespace), signal);
    if (live === null || !live.metadata.deletionTimestamp) return live;
    progress.update(`waiting until the namespace ${namespace}, which is being removed, is gone`);
    if (performance.now() > deadline) throw gone(request, `is being removed, and not gone after ${timeoutMs / 1000} s`);
    await sleep(pollMs, undefined, { signal });
  }
}

function gone({ client, namespace }: NamespaceRequest, why: string): VdpaError {
  return new ApiError('VDPA-CLUSTER-005', `the namespace ${namespace} ${why}`, 409, 'Conflict', {
    where: `context ${client.access.context}`,
    next: `see what holds it up: kubectl get namespace ${namespace} -o yaml; or name another one with --namespace`,
  });
}
