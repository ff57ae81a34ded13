// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { Cloud } from '../../platform/node-report.ts';
import type { KubeClient } from '../client/kube-client.ts';
import type { JobNode } from '../node-pods/node-job.ts';
import { cloudOfNode } from './cloud-of-node.ts';

const nodeSchema = z.object({
  metadata: z.object({ name: z.string().min(1), labels: z.record(z.string(), z.string()).nullish() }),
  spec: z.object({ providerID: z.string().nullish() }).nullish(),
  status: z
    .object({
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            message: z.string().nullish(),
            lastHeartbeatTime: z.string().nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
});

const pageSchema = z.object({
  metadata: z.object({ continue: z.string().nullish() }).nullish(),
  items: z.array(nodeSchema),
});

export interface ClusterNode extends JobNode {
  /** Where it runs, by the node object. The probe in the pod asks nobody. */
  readonly cloud: Cloud | null;
}

const pageSize = 500;

/** The nodes that a label selector, as kubectl's, chooses; all without one. Sorted by name. @throws VDPA-CLUSTER-009 for none. */
export async function listNodes(
  client: KubeClient,
  selector: string | undefined,
  signal: AbortSignal,
): Promise<ClusterNode[]> {
  const nodes: ClusterNode[] = [];
  let next: string | null | undefined;
  do {
    const query = {
      limit: pageSize,
      ...(selector === undefined ? {} : { labelSelector: selector }),
      ...(next ? { continue: next } : {}),
    };
    const page = pageSchema.parse(await client.request({ path: '/api/v1/nodes', query, signal }));
    nodes.push(...page.items.map(describe));
    next = page.metadata?.continue;
  } while (next);
  if (nodes.length === 0) {
    const which = selector === undefined ? 'the cluster has no node' : `no node has the labels ${selector}`;
    throw new VdpaError('VDPA-CLUSTER-009', which, {
      where: `context ${client.access.context}`,
      next: 'see them with: kubectl get nodes --show-labels',
    });
  }
  return nodes.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function describe({ metadata: { name, labels }, spec, status }: z.infer<typeof nodeSchema>): ClusterNode {
  const os = labels?.['kubernetes.io/os'] ?? 'linux';
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const silent = ready?.status === 'Unknown';
  const since = ready?.lastHeartbeatTime ? ` since ${ready.lastHeartbeatTime}` : '';
  return {
    name,
    unusable:
      os !== 'linux'
        ? `it runs ${os}, and the probe reads Linux`
        : silent
          ? `its kubelet has not answered${since}`
          : null,
    notReady: ready?.status === 'False' ? `the node is not ready: ${ready.message ?? ''}` : null,
    cloud: cloudOfNode(spec?.providerID, labels ?? {}),
  };
}
