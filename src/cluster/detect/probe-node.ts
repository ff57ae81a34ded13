// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Config } from '../../config/config-schema.ts';
import { messageOf, VdpaError } from '../../errors/vdpa-error.ts';
import type { NodeReport } from '../../platform/node-report.ts';
import { ApiError } from '../client/api-error.ts';
import type { KubeClient } from '../client/kube-client.ts';
import type { ClusterNode } from './list-nodes.ts';
import { podState } from './pod-state.ts';
import type { PodWatch } from './pod-watch.ts';
import { optionalMounts, probePod } from './probe-pod.ts';
import { answerLimitBytes, readAnswer } from './read-answer.ts';
import type { RunIdentity } from './run-identity.ts';

export interface ProbeRun {
  readonly client: KubeClient;
  readonly kubernetes: Config['kubernetes'];
  readonly namespace: string;
  readonly run: RunIdentity;
  readonly watch: PodWatch;
  /** For one node, from when its turn comes. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A pull that failed once may work the next time; kubelet tries again after 10 s and then ever later. */
const pullPatienceMs = 25_000;
/** How often the events of a pod are asked for that does not start. */
const eventsEveryMs = 5_000;
/** The account of a namespace that was just made comes a moment later. */
const accountPatienceMs = 20_000;
const deleteTimeoutMs = 15_000;
/** kubelet ends only a pod that nobody waits for any more: what kept it from running would be lost. */
const podGraceSeconds = 30;

/**
 * The report of one node, by a pod that is gone afterwards, whatever happens.
 * @throws VdpaError VDPA-CLUSTER-007 when the pod does not run, VDPA-CLUSTER-008 when it answers something else.
 */
export async function probeNode(node: ClusterNode, index: number, options: ProbeRun): Promise<NodeReport> {
  const deadline = performance.now() + options.timeoutMs;
  let without: readonly string[] = [];
  for (let attempt = 0; ; attempt += 1) {
    const name = `vdpactl-detect-${options.run.id}-${index}-${attempt}`;
    try {
      await createPod(name, node, without, deadline, options);
      const missing = await untilEnded(name, node, without, deadline, options);
      if (missing === null) return readAnswer(await readLog(name, options), node);
      without = [...without, ...missing];
    } finally {
      options.watch.forget(name);
      await deletePod(options.client, options.namespace, name);
    }
  }
}

/** Every other way to create it leaves it open whether it is there: an interrupt waits for the answer. */
async function createPod(
  name: string,
  { name: node }: ClusterNode,
  without: readonly string[],
  deadline: number,
  { client, namespace, run, kubernetes, signal }: ProbeRun,
): Promise<void> {
  const deadlineSeconds = Math.max(0, Math.ceil((deadline - performance.now()) / 1000)) + podGraceSeconds;
  const body = probePod({ name, namespace, node, run, kubernetes, deadlineSeconds, without });
  const giveUp = performance.now() + accountPatienceMs;
  for (;;) {
    signal.throwIfAborted();
    try {
      await client.request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/pods`, body });
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

/** Waits for the end of the pod. Answers null when it succeeded, or the optional mounts that the node does not have. */
async function untilEnded(
  name: string,
  node: ClusterNode,
  without: readonly string[],
  deadline: number,
  options: ProbeRun,
): Promise<readonly string[] | null> {
  const { watch, signal } = options;
  let trouble: { readonly since: number; why: string } | null = null;
  let eventsDue = performance.now() + eventsEveryMs;
  let told: string | null = null;
  for (;;) {
    const seen = watch.get(name);
    if (seen === 'deleted') throw notRun(node, 'its pod was deleted by somebody else');
    const state = seen === undefined ? ({ kind: 'waiting' } as const) : podState(seen);
    if (state.kind === 'succeeded') return null;
    if (state.kind === 'failed') throw notRun(node, state.why);
    const now = performance.now();
    if (state.kind === 'trouble') {
      trouble ??= { since: now, why: state.why };
      // Later ones say that it is tried again later; the first says why.
      if (!state.why.startsWith('ImagePullBackOff')) trouble.why = state.why;
      if (now - trouble.since > pullPatienceMs) throw notRun(node, trouble.why);
    } else if (now > eventsDue) {
      const events = await warningsOf(name, options);
      const missing = missingMounts(events).filter((mount) => !without.includes(mount));
      if (missing.length > 0) return missing;
      told = events.at(-1) ?? told;
      eventsDue = performance.now() + eventsEveryMs;
    }
    if (now > deadline)
      throw notRun(node, trouble?.why ?? told ?? node.notReady ?? 'its pod does not start', options.timeoutMs);
    await watch.change(name, Math.min(deadline - now + 1, eventsEveryMs), signal);
  }
}

function notRun({ name }: ClusterNode, why: string, timeoutMs?: number): VdpaError {
  const late = timeoutMs === undefined ? '' : ` within ${Math.round(timeoutMs / 1000)} s`;
  return new VdpaError('VDPA-CLUSTER-007', `the probe did not run${late}: ${why}`, {
    where: `node ${name}`,
    next: `mend what it says, and see: kubectl describe node ${name}`,
  });
}

const eventsSchema = z.object({ items: z.array(z.object({ message: z.string().nullish() })) });

/** What kubelet warns of. Whoever may not read events does without. */
async function warningsOf(name: string, { client, namespace, signal }: ProbeRun): Promise<string[]> {
  const query = { fieldSelector: `involvedObject.name=${name},type=Warning`, limit: 50 };
  try {
    const path = `/api/v1/namespaces/${namespace}/events`;
    const events = eventsSchema.parse(await client.request({ path, query, signal }));
    return events.items.map(({ message }) => (message ?? '').slice(0, 1000)).filter((message) => message !== '');
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof ApiError ? [] : [messageOf(error)];
  }
}

/** kubelet's words for a host path that is not there. */
function missingMounts(warnings: readonly string[]): string[] {
  return optionalMounts.filter((mount) =>
    warnings.some((text) => text.includes(`volume "${mount}"`) && text.includes('hostPath type check failed')),
  );
}

async function readLog(name: string, { client, namespace, signal }: ProbeRun) {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/log`;
  const query = { limitBytes: answerLimitBytes + 1 };
  return client.text({ path, query, signal }, answerLimitBytes);
}

/** At once: nothing in it has to end in an orderly way. Also for a pod on a node that is gone. */
export async function deletePod(client: KubeClient, namespace: string, name: string): Promise<void> {
  try {
    await client.request({
      method: 'DELETE',
      path: `/api/v1/namespaces/${namespace}/pods/${name}`,
      body: { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 },
      timeoutMs: deleteTimeoutMs,
    });
  } catch (error) {
    // What is left is looked for once more at the end of the run.
    if (!(error instanceof VdpaError)) throw error;
  }
}
