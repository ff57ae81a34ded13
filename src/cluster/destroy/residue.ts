// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import type { VdpaError } from '../../errors/vdpa-error.ts';
import type { Progress } from '../../output/progress.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { listNodes } from '../detect/list-nodes.ts';
import type { JobNode } from '../node-pods/node-job.ts';
import { newRun } from '../node-pods/run-identity.ts';
import { defaultParallel, runOnNodes } from '../node-pods/run-on-nodes.ts';
import { type ResidueAnswer, residueJob } from './residue-job.ts';

export interface ResidueRequest {
  readonly client: KubeClient;
  readonly kubernetes: Config['kubernetes'];
  /** Where the pods run: it has to be there, and to allow privileged ones. */
  readonly namespace: string;
  readonly nodes: readonly string[];
  /** The stack has installed Multus. */
  readonly multus: boolean;
  /** Nodes at once; 16 unless given. */
  readonly parallel?: number;
  /** For each node, milliseconds. */
  readonly timeoutMs: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** What became of the host of a node. */
export interface NodeResidue extends ResidueAnswer {
  readonly node: string;
  /** Why it could not be looked at; what is there is not known then. */
  readonly error: VdpaError | null;
}

const nothing: ResidueAnswer = { removed: [], left: [], kept: [] };

/**
 * Removes what a stack has left on the hosts of nodes, each by a short-lived pod, and answers in their order. A node where that
 * cannot run has an error; the others go on. Done twice it is the same as done once.
 * @throws VdpaError VDPA-CLUSTER-001 to -006 for what concerns the cluster as a whole.
 */
export async function removeResidue(request: ResidueRequest): Promise<readonly NodeResidue[]> {
  const { client, kubernetes, namespace, multus, timeoutMs, progress, signal } = request;
  if (request.nodes.length === 0) return [];
  const parallel = request.parallel ?? defaultParallel;
  const known = new Map((await listNodes(client, undefined, signal)).map((node) => [node.name, node]));
  const nodes = request.nodes.map((name) => known.get(name) ?? gone(name));
  const outcomes = await runOnNodes<JobNode, ResidueAnswer>(nodes, residueJob(multus), {
    ...{ client, kubernetes, namespace, parallel, timeoutMs, progress, signal },
    run: newRun(Math.ceil(nodes.length / parallel) * timeoutMs + timeoutMs),
    onDone: (done, total) => progress.update(`${done} of ${total} cleaned`),
  });
  return outcomes.map((outcome) =>
    'error' in outcome
      ? { node: outcome.node, ...nothing, error: outcome.error }
      : { node: outcome.node, ...outcome.answer, error: null },
  );
}

const gone = (name: string): JobNode => ({ name, unusable: 'it is no node of this cluster any more', notReady: null });
