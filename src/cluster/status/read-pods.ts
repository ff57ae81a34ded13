// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { fullResourceName } from '../../templates/kubernetes/names.ts';
import { ApiError } from '../client/api-error.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { lookAtPod } from '../wait/pod-look.ts';
import { deviceCount } from '../wait/stack-node.ts';
import { listPages } from '../watch/list-pages.ts';

const containers = z
  .array(z.object({ resources: z.object({ requests: z.record(z.string(), z.unknown()).nullish() }).nullish() }))
  .nullish();
const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    labels: z.record(z.string(), z.string()).nullish(),
  }),
  spec: z.object({ nodeName: z.string().nullish(), containers, initContainers: containers }),
});

/** A pod that has devices of the stack. */
export interface DeviceUser {
  /** `namespace/name`. */
  readonly pod: string;
  readonly node: string;
  readonly devices: number;
}

/** What the pods of a cluster have to do with a stack. */
export interface PodFacts {
  readonly users: readonly DeviceUser[];
  /** Pods of the stack itself that are not ready, on a node. */
  readonly unready: readonly { readonly pod: string; readonly node: string; readonly why: string }[];
}

/** Reads all pods of the cluster, of which a page is in memory. null: this user may not. */
export async function readPods(client: KubeClient, namespace: string, signal: AbortSignal): Promise<PodFacts | null> {
  const users: DeviceUser[] = [];
  const unready: { pod: string; node: string; why: string }[] = [];
  // What has ended has given its devices back.
  const fieldSelector = 'status.phase!=Succeeded,status.phase!=Failed';
  try {
    await listPages(client, { path: '/api/v1/pods', fieldSelector, signal }, (items) => {
      for (const item of items) {
        const { metadata, spec } = podSchema.parse(item);
        const node = spec.nodeName ?? '';
        if (node === '') continue;
        const pod = `${metadata.namespace}/${metadata.name}`;
        const devices = devicesOf(spec);
        if (devices > 0) users.push({ pod, node, devices });
        if (metadata.namespace !== namespace || metadata.labels?.['app.kubernetes.io/part-of'] !== 'vdpactl') continue;
        const seen = lookAtPod(item);
        if (typeof seen === 'object') unready.push({ pod: metadata.name, node, why: seen.status.message });
      }
    });
  } catch (error) {
    if (error instanceof ApiError && error.code === 'VDPA-CLUSTER-003') return null;
    throw error;
  }
  return { users: byName(users), unready: byName(unready) };
}

/** A list that was begun anew has pods twice. */
function byName<Item extends { readonly pod: string; readonly node: string }>(items: readonly Item[]): Item[] {
  const distinct = new Map(items.map((item) => [`${item.node} ${item.pod}`, item]));
  return [...distinct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

/** As the scheduler counts: those that run together, or the largest of those that run before them. */
function devicesOf(spec: z.infer<typeof podSchema>['spec']): number {
  const count = (list: z.infer<typeof containers>) =>
    (list ?? []).map(({ resources }) => deviceCount(String(resources?.requests?.[fullResourceName] ?? '')));
  const together = count(spec.containers).reduce((sum, devices) => sum + devices, 0);
  return Math.max(together, ...count(spec.initContainers));
}
