// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { fullResourceName, nodeLabelKeys } from '../../../templates/kubernetes/names.ts';
import type { KubeClient } from '../../client/kube-client.ts';
import { allowedNode } from '../allow/node.ts';
import type { Digest } from '../digest.ts';
import { eachPage } from '../each-page.ts';
import type { PartScope } from '../parts.ts';

const nodeSchema = z.object({
  metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()).nullish() }),
  status: z
    .object({
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
      allocatable: z.record(z.string(), z.string()).nullish(),
      nodeInfo: z.object({ kubeletVersion: z.string().nullish() }).nullish(),
    })
    .nullish(),
});

/** The nodes; answers the host names of those that were asked for, by which a selector chooses them. */
export async function collectNodes(
  client: KubeClient,
  wanted: ReadonlySet<string> | null,
  digest: Digest,
  scope: PartScope,
): Promise<string[]> {
  const hosts: string[] = [];
  const missing = new Set(wanted ?? []);
  for await (const page of eachPage(client, { path: '/api/v1/nodes', signal: scope.signal })) {
    for (const node of page) {
      const { metadata, status } = nodeSchema.parse(node);
      const { name, labels } = metadata;
      if (wanted !== null && !missing.delete(name)) continue;
      hosts.push(labels?.['kubernetes.io/hostname'] ?? name);
      const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown';
      if (ready === 'Unknown') digest.silent.add(name);
      digest.nodes.add({
        name,
        ready,
        kubelet: status?.nodeInfo?.kubeletVersion ?? '',
        provider: labels?.[nodeLabelKeys.provider] ?? '',
        allocatable: status?.allocatable?.[fullResourceName] ?? '',
      });
      await scope.add(`nodes/${fileName(name)}.json`, { node: allowedNode(node) });
    }
  }
  for (const name of missing) scope.gap(name, 'failed', 'the cluster has no node of this name');
  return hosts;
}

/** A name as part of a path in the archive. */
export function fileName(name: string): string {
  return name.replaceAll(/[^\w.-]/g, '_').replace(/^\.+/, '_');
}
