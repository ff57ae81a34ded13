// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { healthPorts } from '../../../dataplane/contract/health-ports.ts';
import {
  type NodePage,
  nodeAddressVariable,
  nodePagePath,
  nodePageSchema,
} from '../../../dataplane/contract/node-page.ts';
import { messageOf } from '../../errors/vdpa-error.ts';
import { agentName } from '../../templates/kubernetes/agent.ts';
import { selectorLabels } from '../../templates/kubernetes/names.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { inParallel } from '../objects/in-parallel.ts';
import { listPages } from '../watch/list-pages.ts';

const podSchema = z.object({
  metadata: z.object({ name: z.string(), deletionTimestamp: z.string().nullish() }),
  spec: z.object({
    nodeName: z.string().nullish(),
    containers: z.array(z.object({ env: z.array(z.object({ name: z.string() })).nullish() })).nullish(),
  }),
  status: z.object({ phase: z.string().nullish() }).nullish(),
});

/** What the agent of a node says of it, or why it does not say. */
export type NodeAnswer =
  | { readonly page: NodePage }
  /** `isShown` false: it was not asked, because it shows nothing beyond its node. */
  | { readonly page: null; readonly isShown: boolean; readonly why: string };

const notShown: NodeAnswer = {
  page: null,
  isShown: false,
  why: 'it was deployed with kubernetes.agentPages: loopback, and shows nothing beyond its node',
};

/** Agents that are asked at a time. */
const parallel = 32;
/** One on a node that has hardly a CPU left may take seconds; one that does not answer must not hold up the others for long, ms. */
const timeoutMs = 10_000;

/**
 * Asks the agents of a stack, through the API server, what their nodes offer and what that does; by the name of the node.
 * A node without an agent that runs is not among them. Of `isWanted`, only these.
 * @throws VdpaError VDPA-CLUSTER-… when the API server does not say which agents there are.
 */
export async function readNodePages(
  client: KubeClient,
  namespace: string,
  signal: AbortSignal,
  isWanted: (node: string) => boolean = () => true,
): Promise<ReadonlyMap<string, NodeAnswer>> {
  const agents: { readonly node: string; readonly pod: string; readonly isShown: boolean }[] = [];
  const labelSelector = Object.entries(selectorLabels('agent', agentName))
    .map((label) => label.join('='))
    .join(',');
  await listPages(client, { path: `/api/v1/namespaces/${namespace}/pods`, labelSelector, signal }, (items) => {
    for (const item of items) {
      const { metadata, spec, status } = podSchema.parse(item);
      const node = spec.nodeName ?? '';
      const runs = status?.phase === 'Running' && !metadata.deletionTimestamp;
      // As its pod says, not our config: that may be another by now.
      const isShown = (spec.containers ?? []).some(({ env }) => env?.some(({ name }) => name === nodeAddressVariable));
      if (node !== '' && runs && isWanted(node)) agents.push({ node, pod: metadata.name, isShown });
    }
  });
  const answers = await inParallel(
    agents,
    parallel,
    async ({ node, pod, isShown }) => [node, isShown ? await ask(client, namespace, pod, signal) : notShown] as const,
  );
  return new Map(answers);
}

async function ask(client: KubeClient, namespace: string, pod: string, signal: AbortSignal): Promise<NodeAnswer> {
  const path = `/api/v1/namespaces/${namespace}/pods/http:${pod}:${healthPorts.agent}/proxy${nodePagePath}`;
  try {
    // An agent that is not there is not waited for.
    const answer = await client.request({ path, timeoutMs, repeatable: false, signal });
    return { page: nodePageSchema.parse(answer) };
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof z.ZodError ? 'it answers what this version does not understand' : messageOf(error);
    return { page: null, isShown: true, why };
  }
}
