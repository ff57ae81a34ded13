// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeLabelKeys } from '../../templates/kubernetes/names.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { type LiveObject, liveObjectSchema } from '../objects/live-object.ts';
import { collectionPath, type ObjectRef } from '../objects/object-ref.ts';
import { inventoryName, leaseName } from '../stack/stack-names.ts';
import { stackNodeSchema } from '../wait/stack-node.ts';
import { ChangeBell } from '../watch/change-bell.ts';
import { ObjectWatch } from '../watch/object-watch.ts';
import { clusterStatus } from './cluster-status.ts';
import { type PodFacts, readPods } from './read-pods.ts';
import type { ClusterStatus } from './status-types.ts';

/** No status comes sooner after the one before. */
const shortestMs = 1_000;
/** The pods of the whole cluster are not watched: they are many, and few are of interest. */
const podsEveryMs = 10_000;
/** Reading them takes at most 1 part in 20 of the time. */
const podsShare = 20;

const partOf = 'app.kubernetes.io/part-of=vdpactl';

/** A status now, and a new one whenever it has changed, at most one a second, until the signal aborts (which it throws). */
export async function* watchStatus(
  client: KubeClient,
  namespace: string,
  signal: AbortSignal,
): AsyncGenerator<ClusterStatus> {
  const end = new AbortController();
  const within = AbortSignal.any([signal, end.signal]);
  const bell = new ChangeBell();
  const rings = { onChange: () => bell.ring(), onListed: () => bell.ring() };
  const watchOf = (path: string, selector: object) =>
    new ObjectWatch<LiveObject>(client, { path, schema: liveObjectSchema, ...selector, ...rings });
  const workloads = ['daemonsets', 'deployments'].map((resource) => {
    const path = collectionPath({ apiVersion: 'apps/v1', resource }, null);
    return { path, watch: watchOf(path, { labelSelector: partOf }) };
  });
  const nodes = new ObjectWatch(client, {
    path: '/api/v1/nodes',
    labelSelector: nodeLabelKeys.provider,
    schema: stackNodeSchema,
    ...rings,
  });
  const own = (apiVersion: string, resource: string, name: string) =>
    watchOf(collectionPath({ apiVersion, resource }, namespace), { fieldSelector: `metadata.name=${name}` });
  const record = own('v1', 'configmaps', inventoryName);
  const lease = own('coordination.k8s.io/v1', 'leases', leaseName);
  const all = [...workloads.map(({ watch }) => watch), nodes, record, lease];
  const watching = Promise.all(all.map((watch) => watch.run(within)));
  watching.catch((error: unknown) => end.abort(error));
  const object = (ref: ObjectRef): LiveObject | null | undefined =>
    workloads.find(({ path }) => path === collectionPath(ref, null))?.watch.get(ref.name, ref.namespace);
  try {
    yield* statuses(client, namespace, bell, within, () => ({
      object,
      ...(nodes.isListed ? { nodes: [...nodes.all()] } : {}),
    }));
  } catch (error) {
    signal.throwIfAborted();
    throw end.signal.aborted ? end.signal.reason : error;
  } finally {
    end.abort(new Error('nobody looks any more'));
    await watching.catch(() => {});
  }
}

async function* statuses(
  client: KubeClient,
  namespace: string,
  bell: ChangeBell,
  signal: AbortSignal,
  known: () => Parameters<typeof clusterStatus>[3],
): AsyncGenerator<ClusterStatus> {
  let pods: PodFacts | null = null;
  let podsDue = 0;
  let said = '';
  for (;;) {
    const began = performance.now();
    if (began >= podsDue) {
      pods = await readPods(client, namespace, signal);
      podsDue = began + Math.max(podsEveryMs, (performance.now() - began) * podsShare);
    }
    const status = await clusterStatus(client, namespace, signal, { ...known(), pods });
    const text = JSON.stringify({ ...status, lease: status.lease && { ...status.lease, renewed: null } });
    if (text !== said) {
      said = text;
      yield status;
    }
    await sleep(Math.max(0, began + shortestMs - performance.now()), undefined, { signal });
    await bell.rung(Math.max(1, podsDue - performance.now()), signal);
  }
}
