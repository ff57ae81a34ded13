// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { ClusterNode } from '../../check/cluster/cluster-facts.ts';
import { fullResourceName } from '../../templates/kubernetes/names.ts';
import type { KubeClient } from '../client/kube-client.ts';
import type { PlannedNode } from '../stack/stack-plan.ts';
import { listPages } from '../watch/list-pages.ts';

const nodeSchema = z.object({
  metadata: z.object({ name: z.string() }),
  status: z
    .object({
      nodeInfo: z.object({ kubeletVersion: z.string().default('') }).nullish(),
      allocatable: z.record(z.string(), z.string()).nullish(),
    })
    .nullish(),
});

/** What kubelet says of each node, beside what the plan gives away there. Sorted by name. */
export async function readClusterNodes(
  client: KubeClient,
  planned: readonly PlannedNode[],
  signal: AbortSignal,
): Promise<ClusterNode[]> {
  const devices = new Map(planned.map((node) => [node.name, node.devices]));
  const nodes = new Map<string, ClusterNode>();
  await listPages(client, { path: '/api/v1/nodes', signal }, (items) => {
    for (const item of items) {
      const { metadata, status } = nodeSchema.parse(item);
      const offered = status?.allocatable?.[fullResourceName];
      nodes.set(metadata.name, {
        name: metadata.name,
        kubeletVersion: status?.nodeInfo?.kubeletVersion ?? '',
        resourceName: fullResourceName,
        planned: devices.get(metadata.name) ?? 0,
        allocatable: offered === undefined ? null : Number(offered),
      });
    }
  });
  return [...nodes.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
