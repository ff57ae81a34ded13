// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { DeployedStack } from '../../check/cluster/cluster-facts.ts';
import { configHashAnnotation } from '../../templates/kubernetes/names.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { listPages } from '../watch/list-pages.ts';

const annotated = z.object({ annotations: z.record(z.string(), z.string()).nullish() }).nullish();
const daemonSetSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ template: z.object({ metadata: annotated }) }),
});
const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    labels: z.record(z.string(), z.string()).nullish(),
    annotations: z.record(z.string(), z.string()).nullish(),
    deletionTimestamp: z.string().nullish(),
  }),
  spec: z.object({ nodeName: z.string().nullish() }),
});

const plugins = 'app.kubernetes.io/component=device-plugin,app.kubernetes.io/part-of=vdpactl';

/** The pods of device plugins that were started with another config than their DaemonSet has now. */
export async function stalePluginPods(
  client: KubeClient,
  namespace: string,
  signal: AbortSignal,
): Promise<DeployedStack['stalePluginPods']> {
  const wanted = new Map<string, string | undefined>();
  const common = { labelSelector: plugins, signal };
  await listPages(client, { path: `/apis/apps/v1/namespaces/${namespace}/daemonsets`, ...common }, (items) => {
    for (const item of items) {
      const { metadata, spec } = daemonSetSchema.parse(item);
      wanted.set(metadata.name, spec.template.metadata?.annotations?.[configHashAnnotation]);
    }
  });
  const stale = new Map<string, string>();
  await listPages(client, { path: `/api/v1/namespaces/${namespace}/pods`, ...common }, (items) => {
    for (const item of items) {
      const { metadata, spec } = podSchema.parse(item);
      const owner = metadata.labels?.['app.kubernetes.io/instance'] ?? '';
      if (metadata.deletionTimestamp || !wanted.has(owner)) continue;
      if (metadata.annotations?.[configHashAnnotation] === wanted.get(owner)) continue;
      stale.set(metadata.name, spec.nodeName ?? '');
    }
  });
  return [...stale].map(([pod, node]) => ({ pod, node })).sort((a, b) => (a.pod < b.pod ? -1 : 1));
}
