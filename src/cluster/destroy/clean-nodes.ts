// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { Progress } from '../../output/progress.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { type LiveNode, labelNodes } from '../plan/plan-nodes.ts';
import type { OpenedStack } from '../stack/open-stack.ts';
import { hasMultus } from '../stack/own-multus.ts';
import { removeResidue } from './residue.ts';

export interface CleanRequest {
  readonly client: KubeClient;
  readonly config: Config;
  readonly skipUnreachable: boolean;
  /** What the user does about a node that is not clean, when that is not to run destroy again. */
  readonly next?: string;
  readonly timeoutMs: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** What became of a node of the stack. */
export interface CleanedNode {
  readonly node: string;
  readonly removed: readonly string[];
  /** What is still on the host, and why; only where the user said that it may be. */
  readonly left: readonly { readonly what: string; readonly why: string }[];
}

/**
 * Puts the hosts of nodes back as they were, and takes the labels and the mark off the nodes. A node that is clean is let go
 * also when another one is not, so that the next run has less to do.
 * @throws VdpaError VDPA-DESTROY-001 naming every node that is not clean.
 */
export async function cleanNodes(
  request: CleanRequest,
  stack: OpenedStack,
  nodes: readonly LiveNode[],
): Promise<CleanedNode[]> {
  if (nodes.length === 0) return [];
  const { client, config, skipUnreachable, timeoutMs, progress, signal } = request;
  const { namespace } = config.kubernetes;
  progress.step(`Cleaning ${nodes.length === 1 ? 'one node' : `${nodes.length} nodes`}`);
  const results = await removeResidue({
    ...{ client, namespace, timeoutMs, progress, signal },
    kubernetes: config.kubernetes,
    nodes: nodes.map(({ name }) => name),
    multus: hasMultus(stack),
  });
  const cleaned = results.map(({ node, removed, left, error }) => {
    const unreachable = error === null ? [] : [{ what: 'the host', why: error.message }];
    return { node, removed, left: [...left, ...unreachable] };
  });
  const dirty = cleaned.filter(({ left }) => left.length > 0);
  const stay = new Set(skipUnreachable ? [] : dirty.map(({ node }) => node));
  const done = nodes.filter(({ name }) => !stay.has(name)).map((node) => ({ node, labels: null }));
  await labelNodes(client, done, null, signal);
  if (stay.size > 0) throw notClean(client, dirty, request.next ?? leaveNext);
  return cleaned;
}

const leaveNext =
  'mend that and run the same command again, which goes on from here; or leave those hosts as they are with --skip-unreachable, and run vdpactl node clean on them later';

function notClean({ access }: KubeClient, dirty: readonly CleanedNode[], next: string): VdpaError {
  const which = dirty.length === 1 ? `the node ${dirty[0]?.node} is` : `${dirty.length} nodes are`;
  const details = dirty.flatMap(({ node, left }) => left.map(({ what, why }) => `node ${node}: ${what}: ${why}`));
  return new VdpaError('VDPA-DESTROY-001', `${which} not clean: something of the stack is left`, {
    where: `context ${access.context}`,
    details: details.length > 20 ? [...details.slice(0, 20), `and ${details.length - 20} more`] : details,
    next,
  });
}
