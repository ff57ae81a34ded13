// SPDX-License-Identifier: Apache-2.0
import { isRecord, valueAt } from '../../config/plain-data.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { inParallel } from '../objects/in-parallel.ts';
import { keyOf, type ObjectRef } from '../objects/object-ref.ts';
import { listPages } from '../watch/list-pages.ts';
import { isPulling, readEvents } from './events.ts';
import { conditionOf, textAt } from './fields.ts';
import type { JudgedObject } from './judge-stack.ts';
import { badness, isBeingMade, lookAtPod, type UnreadyPod } from './pod-look.ts';

/** What the pods of one workload look like at one moment. */
export interface WorkloadLook {
  readonly ref: ObjectRef;
  /** The worst first. */
  readonly unready: readonly UnreadyPod[];
  /** Nothing but images is missing. */
  readonly isPulling: boolean;
  /** Pods that the server refused to take, and its last words. */
  readonly refused: { readonly count: number; readonly message: string } | null;
}

/** By the key of the workload. */
export type Looks = ReadonlyMap<string, WorkloadLook>;

/** Of how many pods it is asked whether they wait for an image: those that have waited longest. */
const asked = 3;

export const hasPods = ({ kind, namespace }: ObjectRef): boolean =>
  namespace !== null && (kind === 'DaemonSet' || kind === 'Deployment');

/** Looks at the pods of some workloads, of which only those that are not ready are kept. */
export async function lookAtWorkloads(
  client: KubeClient,
  workloads: readonly JudgedObject[],
  signal: AbortSignal,
): Promise<Looks> {
  const looks = await inParallel(
    workloads.filter(({ ref, live }) => hasPods(ref) && live !== null),
    4,
    async (workload) => [keyOf(workload.ref), await look(client, workload, signal)] as const,
  );
  return new Map(looks);
}

async function look(
  client: KubeClient,
  { ref, live, wanted }: JudgedObject,
  signal: AbortSignal,
): Promise<WorkloadLook> {
  const unready: UnreadyPod[] = [];
  let pods = 0;
  const namespace = ref.namespace ?? '';
  const query = { path: `/api/v1/namespaces/${namespace}/pods`, labelSelector: selectorOf(live), signal };
  await listPages(client, query, (items) => {
    for (const item of items) {
      const pod = lookAtPod(item);
      if (pod === 'going') continue;
      pods += 1;
      if (pod !== 'ready') unready.push(pod);
    }
  });
  unready.sort((a, b) => badness(b) - badness(a) || (a.name < b.name ? -1 : 1));
  const isShort = pods < wanted;
  return {
    ref,
    unready,
    isPulling: !isShort && unready.length > 0 && (await waitForImages(client, namespace, unready, signal)),
    refused: isShort ? await refusals(client, ref, live, signal) : null,
  };
}

function selectorOf(workload: unknown): string {
  const labels = valueAt(workload, ['spec', 'selector', 'matchLabels']);
  if (!isRecord(labels)) return '';
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(',');
}

async function waitForImages(
  client: KubeClient,
  namespace: string,
  unready: readonly UnreadyPod[],
  signal: AbortSignal,
): Promise<boolean> {
  if (!unready.every(isBeingMade)) return false;
  const oldest = [...unready].sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1)).slice(0, asked);
  const answers = await Promise.all(
    oldest.map(async ({ uid }) => isPulling(await readEvents(client, namespace, `involvedObject.uid=${uid}`, signal))),
  );
  return answers.every((answer) => answer);
}

async function refusals(client: KubeClient, ref: ObjectRef, live: unknown, signal: AbortSignal) {
  if (ref.kind === 'Deployment') {
    const failure = conditionOf(live, 'ReplicaFailure');
    return failure?.status === 'True' ? { count: 1, message: failure.message } : null;
  }
  const selector = `involvedObject.uid=${textAt(live, 'metadata', 'uid')},reason=FailedCreate`;
  const events = await readEvents(client, ref.namespace, selector, signal);
  const count = events.reduce((sum, event) => sum + event.count, 0);
  const last = events.at(-1);
  return last === undefined ? null : { count, message: last.message };
}
