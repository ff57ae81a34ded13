// SPDX-License-Identifier: Apache-2.0
import { setMaxListeners } from 'node:events';
import type { Config } from '../../config/config-schema.ts';
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { Progress } from '../../output/progress.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { batchLabel, holderAnnotation, type JobNode, type NodeJob, runLabel } from './node-job.ts';
import { PodBatches } from './pod-batches.ts';
import { PodWatch } from './pod-watch.ts';
import { removeChosen, removePod, removeTogether } from './remove-pods.ts';
import { isOverText, type RunIdentity } from './run-identity.ts';
import { type NodeRun, runOnNode } from './run-on-node.ts';

export interface NodePodsOptions {
  readonly client: KubeClient;
  readonly kubernetes: Config['kubernetes'];
  /** Where the pods are; it has to be there, and to allow what they need. */
  readonly namespace: string;
  readonly run: RunIdentity;
  /** Nodes at once. */
  readonly parallel: number;
  /** For each node, milliseconds. */
  readonly timeoutMs: number;
  readonly progress: Progress;
  /** A node is done. */
  readonly onDone: (done: number, total: number) => void;
  /** What is to be tidied up after the pods. */
  readonly finish?: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** What came of a node. */
export type NodeOutcome<Answer> =
  | { readonly node: string; readonly answer: Answer }
  | { readonly node: string; readonly error: VdpaError };

export const defaultParallel = 16;

/** These are the same for every node: asking the next one makes no sense. */
const ofTheCluster: ReadonlySet<string> = new Set([
  'VDPA-CLUSTER-001',
  'VDPA-CLUSTER-002',
  'VDPA-CLUSTER-003',
  'VDPA-CLUSTER-004',
]);

/**
 * Runs a job on many nodes, each time in a short-lived pod, and answers in their order. A node on which it does not run has
 * an error instead of an answer. No pod is left behind, also by an interrupt; those of a run that was killed are removed by
 * the next one.
 * @throws VdpaError VDPA-CLUSTER-001 to -006 for what concerns the cluster as a whole.
 */
export async function runOnNodes<Node extends JobNode, Answer>(
  nodes: readonly Node[],
  job: NodeJob<Node, Answer>,
  options: NodePodsOptions,
): Promise<NodeOutcome<Answer>[]> {
  const { client, kubernetes, namespace, run, timeoutMs, signal } = options;
  // Ends the watch, and the other nodes when one shows that none can be asked.
  const end = new AbortController();
  const within = AbortSignal.any([signal, end.signal]);
  // Each node that is under way listens, and Node.js takes more than ten for a leak.
  setMaxListeners(0, within);
  const watch = new PodWatch(client, namespace, `${runLabel(job)}=${run.id}`);
  let watching: Promise<void> = Promise.resolve();
  try {
    await removeChosen(client, namespace, runLabel(job), ({ metadata }) =>
      isOverText(metadata.annotations?.[holderAnnotation(job)] ?? ''),
    );
    watching = watch.run(within);
    watching.catch((error: unknown) => end.abort(error));
    return await askAll(
      nodes,
      { client, kubernetes, namespace, job, run, watch, timeoutMs, signal: within },
      end,
      options,
    );
  } finally {
    end.abort(new Error('the run is over'));
    await watching.catch(() => {});
    await tidyUp(job, options);
  }
}

async function askAll<Node extends JobNode, Answer>(
  nodes: readonly Node[],
  common: NodeRun<Node, Answer>,
  end: AbortController,
  { parallel, onDone }: NodePodsOptions,
): Promise<NodeOutcome<Answer>[]> {
  const outcomes: NodeOutcome<Answer>[] = new Array<NodeOutcome<Answer>>(nodes.length);
  const batches = new PodBatches(nodes.length, (batch, pods) => removeBatch(common, batch, pods));
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < nodes.length; index = next++) {
      const node = nodes[index];
      if (node === undefined) return;
      let ended: string | null = null;
      outcomes[index] = await askOne(node, index, common, (pod) => {
        ended = pod;
      }).catch((error: unknown) => {
        end.abort(error);
        throw error;
      });
      batches.done(index, ended);
      done += 1;
      onDone(done, nodes.length);
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(parallel, nodes.length) }, work));
  await batches.settled();
  // The first one ended all others.
  if (ended.some(({ status }) => status === 'rejected')) throw common.signal.reason;
  return outcomes;
}

async function askOne<Node extends JobNode, Answer>(
  node: Node,
  index: number,
  common: NodeRun<Node, Answer>,
  keep: (pod: string) => void,
): Promise<NodeOutcome<Answer>> {
  const { name } = node;
  if (node.unusable !== null) {
    const error = new VdpaError('VDPA-CLUSTER-007', `no ${bare(common.job.what)} can run there: ${node.unusable}`, {
      where: `node ${name}`,
      next: `see: kubectl describe node ${name}`,
    });
    return { node: name, error };
  }
  try {
    return { node: name, answer: await runOnNode(node, index, common, keep) };
  } catch (error) {
    common.signal.throwIfAborted();
    if (!(error instanceof VdpaError) || ofTheCluster.has(error.code)) throw error;
    return { node: name, error };
  }
}

/** Without its article. */
const bare = (what: string): string => what.replace(/^the /, '');

async function removeBatch<Node extends JobNode, Answer>(
  { client, namespace, job, run }: NodeRun<Node, Answer>,
  batch: string,
  pods: readonly string[],
): Promise<void> {
  const labels = `${runLabel(job)}=${run.id},${batchLabel(job)}=${batch}`;
  if (pods.length > 1 && (await removeTogether(client, namespace, labels))) return;
  for (const pod of pods) await removePod(client, namespace, pod);
}

/** Nothing here changes the result; what cannot be removed is said, and the next run tries again. */
async function tidyUp<Node extends JobNode, Answer>(
  job: NodeJob<Node, Answer>,
  { client, namespace, run, progress, finish }: NodePodsOptions,
): Promise<void> {
  try {
    await removeChosen(client, namespace, `${runLabel(job)}=${run.id}`, () => true);
    await finish?.();
  } catch (error) {
    if (!(error instanceof VdpaError)) throw error;
    progress.warn(
      `not everything could be removed (${error.message}); the next run does it, or: kubectl delete pods -n ${namespace} -l ${runLabel(job)}`,
    );
  }
}
