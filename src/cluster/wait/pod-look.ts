// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { conditionOf, recordsAt, textAt } from './fields.ts';
import { type ContainerState, containersOf, isHopeless, podStatus } from './pod-status.ts';
import type { ObjectStatus } from './status.ts';

const podSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().default(''),
    uid: z.string().default(''),
    creationTimestamp: z.string().nullish(),
    deletionTimestamp: z.string().nullish(),
    labels: z.record(z.string(), z.string()).nullish(),
  }),
});

/** A pod that is not ready. */
export interface UnreadyPod {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** Where it runs, or has to run; null: anywhere. */
  readonly node: string | null;
  /** It is on its node. */
  readonly placed: boolean;
  readonly createdAt: string;
  /** Which template it was made of. */
  readonly template: string;
  readonly status: ObjectStatus;
  readonly containers: readonly ContainerState[];
}

/** One that is going does not count: another takes its place. */
export function lookAtPod(pod: unknown): UnreadyPod | 'ready' | 'going' {
  const { metadata } = podSchema.parse(pod);
  if (metadata.deletionTimestamp) return 'going';
  if (conditionOf(pod, 'Ready')?.status === 'True') return 'ready';
  const labels = metadata.labels ?? {};
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    uid: metadata.uid,
    node: textAt(pod, 'spec', 'nodeName') || nodeMeantFor(pod),
    placed: textAt(pod, 'spec', 'nodeName') !== '',
    createdAt: metadata.creationTimestamp ?? '',
    template: labels['controller-revision-hash'] ?? labels['pod-template-hash'] ?? '',
    status: podStatus(pod),
    containers: containersOf(pod),
  };
}

/** The controller of DaemonSets says by affinity which node a pod is for. */
function nodeMeantFor(pod: unknown): string | null {
  const at = [
    'spec',
    'affinity',
    'nodeAffinity',
    'requiredDuringSchedulingIgnoredDuringExecution',
    'nodeSelectorTerms',
  ];
  for (const term of recordsAt(pod, ...at)) {
    const byName = recordsAt(term, 'matchFields').find((field) => field['key'] === 'metadata.name');
    const [name] = Array.isArray(byName?.['values']) ? byName['values'] : [];
    if (typeof name === 'string') return name;
  }
  return null;
}

const starting = new Set(['', 'ContainerCreating', 'PodInitializing']);

/** Its node makes its containers, which may take as long as their images take to come. */
export function isBeingMade({ placed, status, containers }: UnreadyPod): boolean {
  if (!placed || status.status !== 'InProgress') return false;
  return containers.every(
    ({ kind, reason, lastExit }) =>
      (kind === 'waiting' && starting.has(reason)) || (kind === 'terminated' && lastExit?.exitCode === 0),
  );
}

/** The higher, the less it helps to wait. */
export function badness(pod: UnreadyPod): number {
  if (pod.containers.some(isHopeless)) return 5;
  if (pod.status.status === 'Failed') return 4;
  if (pod.containers.some(({ restarts }) => restarts > 0)) return 3;
  if (!pod.placed) return 1;
  return isBeingMade(pod) ? 0 : 2;
}
