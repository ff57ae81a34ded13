// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { Config } from '../../config/config-schema.ts';
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { FleetResult } from '../../fleet/fleet-result.ts';
import type { Progress } from '../../output/progress.ts';
import type { ClusterOptions } from '../client/cluster-options.ts';
import { connect, type KubeClient } from '../client/kube-client.ts';
import { type ClusterNode, listNodes } from './list-nodes.ts';
import { podSchema } from './pod-state.ts';
import { PodWatch } from './pod-watch.ts';
import { joinNamespace } from './probe-namespace.ts';
import { deletePod, type ProbeRun, probeNode } from './probe-node.ts';
import { holderAnnotation, runLabel } from './probe-pod.ts';
import { isOverText, newRun } from './run-identity.ts';

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

const defaultParallel = 16;
/** The node image may have to be pulled. */
const defaultTimeoutMs = 180_000;

/** These are the same for every node: asking the next one makes no sense. */
const ofTheCluster: ReadonlySet<string> = new Set([
  'VDPA-CLUSTER-001',
  'VDPA-CLUSTER-002',
  'VDPA-CLUSTER-003',
  'VDPA-CLUSTER-004',
]);

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
  // Ends the watch, and the other nodes when one shows that none can be probed.
  const end = new AbortController();
  const within = AbortSignal.any([signal, end.signal]);
  const watch = new PodWatch(client, namespace, run.id);
  let watching: Promise<void> = Promise.resolve();
  try {
    await removePods(client, namespace, runLabel, ({ metadata }) =>
      isOverText(metadata.annotations?.[holderAnnotation] ?? ''),
    );
    watching = watch.run(within);
    watching.catch((error: unknown) => end.abort(error));
    const common = { client, kubernetes: config.kubernetes, namespace, run, watch, timeoutMs, signal: within };
    return await probeAll(nodes, parallel, common, end, progress);
  } finally {
    end.abort(new Error('the run is over'));
    await watching.catch(() => {});
    await tidyUp(client, namespace, run.id, leave, progress);
  }
}

async function probeAll(
  nodes: readonly ClusterNode[],
  parallel: number,
  common: ProbeRun,
  end: AbortController,
  progress: Progress,
): Promise<FleetResult[]> {
  const results: FleetResult[] = new Array<FleetResult>(nodes.length);
  const what = nodes.length === 1 ? 'one node' : `${nodes.length} nodes`;
  progress.step(`Probing ${what}`);
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < nodes.length; index = next++) {
      const node = nodes[index];
      if (node === undefined) return;
      results[index] = await probeOne(node, index, common).catch((error: unknown) => {
        end.abort(error);
        throw error;
      });
      done += 1;
      progress.update(`${done} of ${nodes.length} answered`);
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(parallel, nodes.length) }, work));
  if (ended.some(({ status }) => status === 'rejected')) {
    // The first one ended all others.
    throw common.signal.reason;
  }
  progress.done();
  return results;
}

async function probeOne(node: ClusterNode, index: number, common: ProbeRun): Promise<FleetResult> {
  const { name } = node;
  if (node.unusable !== null) {
    const error = new VdpaError('VDPA-CLUSTER-007', `no probe can run there: ${node.unusable}`, {
      where: `node ${name}`,
      next: `see: kubectl describe node ${name}`,
    });
    return { node: name, error };
  }
  try {
    return { node: name, report: await probeNode(node, index, common) };
  } catch (error) {
    common.signal.throwIfAborted();
    if (!(error instanceof VdpaError) || ofTheCluster.has(error.code)) throw error;
    return { node: name, error };
  }
}

const podListSchema = z.object({ items: z.array(podSchema) });

/** Removes those of the pods with a label that are chosen; answers how many are left of them. */
async function removePods(
  client: KubeClient,
  namespace: string,
  labelSelector: string,
  choose: (pod: z.infer<typeof podSchema>) => boolean,
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const { items } = podListSchema.parse(await client.request({ path, query: { labelSelector } }));
  for (const pod of items.filter(choose)) await deletePod(client, namespace, pod.metadata.name);
}

/** Nothing here changes the result; what cannot be removed is said, and the next run tries again. */
async function tidyUp(
  client: KubeClient,
  namespace: string,
  runId: string,
  leave: () => Promise<void>,
  progress: Progress,
): Promise<void> {
  try {
    await removePods(client, namespace, `${runLabel}=${runId}`, () => true);
    await leave();
  } catch (error) {
    if (!(error instanceof VdpaError)) throw error;
    progress.warn(
      `not everything could be removed (${error.message}); the next run does it, or: kubectl delete pods -n ${namespace} -l ${runLabel}`,
    );
  }
}
