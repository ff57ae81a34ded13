// SPDX-License-Identifier: Apache-2.0
import { type CleanRequest, cleanNodes } from '../destroy/clean-nodes.ts';
import { labelNodes } from '../plan/plan-nodes.ts';
import type { Prepared } from './prepare-deployment.ts';

const next =
  'mend that and run the same command again, which goes on from here; a node that will not come back leaves with: kubectl delete node NAME';

/**
 * Takes nodes out of the stack that are no longer part of it: first the labels, so that the stack's pods leave, then what is
 * left on the host, and last the mark that says whose the node is.
 */
export async function releaseNodes(
  request: Omit<CleanRequest, 'skipUnreachable'>,
  namespace: string,
  { changes, liveNodes, stack }: Prepared,
): Promise<void> {
  const due = new Set(changes.nodes.filter(({ action }) => action === 'release').map(({ node }) => node));
  const nodes = liveNodes.filter(({ name }) => due.has(name));
  if (nodes.length === 0) return;
  const unlabelled = nodes.map((node) => ({ node, labels: null }));
  await labelNodes(request.client, unlabelled, namespace, request.signal);
  await cleanNodes({ ...request, skipUnreachable: false, next }, stack, nodes);
}
