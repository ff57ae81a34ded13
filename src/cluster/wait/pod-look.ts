// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { conditionOf, textAt } from './fields.ts';
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
  /** null: it has none yet. */
  readonly node: string | null;
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
    node: textAt(pod, 'spec', 'nodeName') || null,
    createdAt: metadata.creationTimestamp ?? '',
    template: labels['controller-revision-hash'] ?? labels['pod-template-hash'] ?? '',
    status: podStatus(pod),
    containers: containersOf(pod),
  };
}

const starting = new Set(['', 'ContainerCreating', 'PodInitializing']);

/** Its node makes its containers, which may take as long as their images take to come. */
export function isBeingMade({ node, status, containers }: UnreadyPod): boolean {
  if (node === null || status.status !== 'InProgress') return false;
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
  if (!isBeingMade(pod) && pod.node !== null) return 2;
  return pod.node === null ? 1 : 0;
}
