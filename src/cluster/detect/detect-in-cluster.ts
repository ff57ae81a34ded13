// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import type { FleetResult } from '../../fleet/fleet-result.ts';
import type { Progress } from '../../output/progress.ts';
import type { ClusterOptions } from '../client/cluster-options.ts';
import { connect, type KubeClient } from '../client/kube-client.ts';
import { newRun } from '../node-pods/run-identity.ts';
import { defaultParallel, runOnNodes } from '../node-pods/run-on-nodes.ts';
import { listNodes } from './list-nodes.ts';
import { probeJob } from './probe-job.ts';
import { joinNamespace } from './probe-namespace.ts';

export interface ClusterDetectOptions {
  readonly cluster: ClusterOptions;
  /** Label selector as kubectl's; all nodes without one. */
  readonly nodes?: string;
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Nodes at once; 16 unless given. */
  readonly parallel?: number;
  /** For each node, milliseconds; 180,000 unless given. */
  readonly timeoutMs?: number;
}

/** The node image may have to be pulled. */
const defaultTimeoutMs = 180_000;

/**
 * Probes the nodes of a cluster, each by a short-lived pod, and answers in the order of their names. A node that cannot
 * be probed has an error instead of a report. No pod is left behind, also by an interrupt; those of a run that was killed
 * are removed by the next one.
 * @throws VdpaError VDPA-CLUSTER-001 to -006 for what concerns the cluster as a whole, -009 when no node is selected.
 */
export async function detectInCluster(options: ClusterDetectOptions): Promise<FleetResult[]> {
  const client = connect(options.cluster, options.env, options.cwd);
  try {
    return await detectWith(client, options);
  } finally {
    client.close();
  }
}

async function detectWith(client: KubeClient, options: ClusterDetectOptions): Promise<FleetResult[]> {
  const { progress, config, signal } = options;
  const parallel = options.parallel ?? defaultParallel;
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  progress.step('Looking for nodes');
  const nodes = await listNodes(client, options.nodes, signal);
  const namespace = options.cluster.namespace ?? config.kubernetes.namespace;
  const run = newRun(Math.ceil(nodes.length / parallel) * timeoutMs + timeoutMs);
  const { leave } =
    options.cluster.namespace === undefined
      ? await joinNamespace(client, namespace, run, signal)
      : { async leave() {} };
  const what = nodes.length === 1 ? 'one node' : `${nodes.length} nodes`;
  progress.step(`Probing ${what}`);
  const outcomes = await runOnNodes(nodes, probeJob, {
    ...{ client, kubernetes: config.kubernetes, namespace, run, parallel, timeoutMs, progress, signal },
    onDone: (done, total) => progress.update(`${done} of ${total} answered`),
    finish: leave,
  });
  progress.done();
  return outcomes.map((outcome) => ('error' in outcome ? outcome : { node: outcome.node, report: outcome.answer }));
}
