// SPDX-License-Identifier: Apache-2.0
import type { PlanSource } from '../cluster/deploy/prepare-deployment.ts';
import type { ClusterCall } from './clusters.ts';
import type { Context } from './command.ts';
import type { PlanOptions } from './deploy-options.ts';
import { readReports } from './reports.ts';

/** Where the nodes of a cluster come from: saved reports, or the nodes themselves. */
export function planSource(
  context: Context,
  { config, options: cluster, place }: ClusterCall,
  { from, probeTimeout }: PlanOptions,
  namespaceIsThere: boolean,
): PlanSource {
  const { env, cwd, signal, progress } = context;
  return {
    kind: 'reports',
    async read() {
      if (from !== undefined) {
        const reports = await readReports(context, { from });
        return reports.map((report) => ({ node: report.node.name ?? '', report }));
      }
      const { detectInCluster } = await import('../cluster/detect/detect-in-cluster.ts');
      const { namespace: _, ...others } = cluster;
      const selector = config.kubernetes.nodeSelector.join(',');
      return detectInCluster({
        ...{ config, env, cwd, signal, progress },
        // Without a namespace of its own the probe makes one, and removes it again.
        cluster: namespaceIsThere ? { ...others, namespace: place.namespace } : others,
        ...(selector === '' ? {} : { nodes: selector }),
        ...(probeTimeout === undefined ? {} : { timeoutMs: probeTimeout * 1000 }),
      });
    },
  };
}
