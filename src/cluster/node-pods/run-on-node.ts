// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../config/config-schema.ts';
import { VdpaError } from '../../errors/vdpa-error.ts';
import { ApiError } from '../client/api-error.ts';
import { type KubeClient, metadataOfOne } from '../client/kube-client.ts';
import type { EndedPod, JobNode, NodeJob, PodLog } from './node-job.ts';
import { nodePod } from './node-pod.ts';
import { batchOf } from './pod-batches.ts';
import { type PodState, podState } from './pod-state.ts';
import { missingMounts, warningsOf } from './pod-warnings.ts';
import type { PodWatch } from './pod-watch.ts';
import { removePod } from './remove-pods.ts';
import type { RunIdentity } from './run-identity.ts';

/** What the nodes of a run have in common. */
export interface NodeRun<Node extends JobNode, Answer> {
  readonly client: KubeClient;
  readonly kubernetes: Config['kubernetes'];
  readonly namespace: string;
  readonly job: NodeJob<Node, Answer>;
  readonly run: RunIdentity;
  readonly watch: PodWatch;
  /** For one node, from when its turn comes. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

type Ended = Extract<PodState, { kind: 'ended' }>;

/** A pull that failed once may work the next time; kubelet tries again after 10 s and then ever later. */
const pullPatienceMs = 25_000;
/** How often the events of a pod are asked for that does not start. */
const eventsEveryMs = 5_000;
/** The account of a namespace that was just made comes a moment later. */
const accountPatienceMs = 20_000;
/** kubelet ends only a pod that nobody waits for any more: what kept it from running would be lost. */
const podGraceSeconds = 30;

/**
 * The answer of one node. Its pod is gone afterwards, or has ended and is named to `keep`, to be removed with others.
 * @throws VdpaError VDPA-CLUSTER-007 when the pod does not run, and what the job throws for its answer.
 */
export async function runOnNode<Node extends JobNode, Answer>(
  node: Node,
  index: number,
  common: NodeRun<Node, Answer>,
  keep: (pod: string) => void,
): Promise<Answer> {
  const { job, client, namespace, run, watch } = common;
  const deadline = performance.now() + common.timeoutMs;
  let without: readonly string[] = [];
  for (let attempt = 0; ; attempt += 1) {
    const name = `vdpactl-${job.name}-${run.id}-${index}-${attempt}`;
    const once = { ...common, pod: name, node, without, deadline };
    let isEnded = false;
    watch.ask(name);
    try {
      await createPod(once, batchOf(index));
      const result = await untilEnded(once);
      if ('missing' in result) without = [...without, ...result.missing];
      else {
        isEnded = true;
        return await job.answer(node, endedPod(once, result));
      }
    } finally {
      watch.forget(name);
      if (isEnded) keep(name);
      else await removePod(client, namespace, name);
    }
  }
}

interface OnePod<Node extends JobNode, Answer> extends NodeRun<Node, Answer> {
  readonly pod: string;
  readonly node: Node;
  readonly without: readonly string[];
  /** By the clock that only runs forwards. */
  readonly deadline: number;
}

function endedPod<Node extends JobNode, Answer>(once: OnePod<Node, Answer>, { exitCode, message, why }: Ended) {
  return { exitCode, message, why, log: () => readLog(once) } satisfies EndedPod;
}

/** Every other way to create it leaves it open whether it is there: an interrupt waits for the answer. */
async function createPod<Node extends JobNode, Answer>(once: OnePod<Node, Answer>, batch: string): Promise<void> {
  const { client, namespace, job, run, kubernetes, pod, node, without, deadline, signal } = once;
  const deadlineSeconds = Math.max(0, Math.ceil((deadline - performance.now()) / 1000)) + podGraceSeconds;
  const named = { name: pod, namespace, node: node.name, run, batch };
  const body = nodePod(job, { ...named, kubernetes, deadlineSeconds, without });
  const giveUp = performance.now() + accountPatienceMs;
  for (;;) {
    signal.throwIfAborted();
    try {
      const path = `/api/v1/namespaces/${namespace}/pods`;
      await client.request({ method: 'POST', path, body, repeatable: true, accept: metadataOfOne });
      return;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // The first answer got lost.
      if (error.reason === 'AlreadyExists') return;
      const early = error.status === 403 && error.message.includes('error looking up service account');
      if (!early || performance.now() > giveUp) throw refused(error, namespace);
      await sleep(250, undefined, { signal });
    }
  }
}

function refused(error: ApiError, namespace: string): VdpaError {
  if (!error.message.includes('violates PodSecurity')) return error;
  return new ApiError(error.code, error.message, error.status, error.reason, {
    next: `leave out --namespace, or allow it there: kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=privileged`,
  });
}

/** Waits for the end of the pod, or answers the mounts that the node does not have. */
async function untilEnded<Node extends JobNode, Answer>(
  once: OnePod<Node, Answer>,
): Promise<Ended | { readonly missing: readonly string[] }> {
  const { client, namespace, job, watch, pod, node, without, deadline, signal } = once;
  let trouble: { readonly since: number; why: string } | null = null;
  let eventsDue = performance.now() + eventsEveryMs;
  let told: string | null = null;
  for (;;) {
    const seen = watch.get(pod);
    if (seen === 'deleted') throw notRun(job.what, node, 'its pod was deleted by somebody else');
    const state = seen === undefined ? ({ kind: 'waiting' } as const) : podState(seen, job.what);
    if (state.kind === 'ended') return state;
    if (state.kind === 'failed') throw notRun(job.what, node, state.why);
    const now = performance.now();
    if (state.kind === 'trouble') {
      trouble ??= { since: now, why: state.why };
      // Later ones say that it is tried again later; the first says why.
      if (!state.why.startsWith('ImagePullBackOff')) trouble.why = state.why;
      if (now - trouble.since > pullPatienceMs) throw notRun(job.what, node, trouble.why);
    } else if (now > eventsDue) {
      const events = await warningsOf(client, namespace, pod, signal);
      const missing = missingMounts(job.mounts, events).filter((mount) => !without.includes(mount));
      if (missing.length > 0) return { missing };
      told = events.at(-1) ?? told;
      eventsDue = performance.now() + eventsEveryMs;
    }
    if (now > deadline) {
      const why = trouble?.why ?? told ?? node.notReady ?? 'its pod does not start';
      throw notRun(job.what, node, why, once.timeoutMs);
    }
    await watch.change(pod, Math.min(deadline - now + 1, eventsEveryMs), signal);
  }
}

/** The error of a node on which a pod did not come to an answer. */
export function notRun(what: string, { name }: Pick<JobNode, 'name'>, why: string, timeoutMs?: number): VdpaError {
  const late = timeoutMs === undefined ? '' : ` within ${Math.round(timeoutMs / 1000)} s`;
  return new VdpaError('VDPA-CLUSTER-007', `${what} did not run${late}: ${why}`, {
    where: `node ${name}`,
    next: `mend what it says, and see: kubectl describe node ${name}`,
  });
}

async function readLog<Node extends JobNode, Answer>(once: OnePod<Node, Answer>): Promise<PodLog> {
  const { client, namespace, pod, job, signal } = once;
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log`;
  return client.text({ path, query: { limitBytes: job.logLimitBytes + 1 }, signal }, job.logLimitBytes);
}
