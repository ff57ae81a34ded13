// SPDX-License-Identifier: Apache-2.0
import { nodeLabelKeys } from '../../templates/kubernetes/names.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { inParallel } from '../objects/in-parallel.ts';
import { type LiveObject, readLive } from '../objects/live-object.ts';
import type { ObjectRef } from '../objects/object-ref.ts';
import { findOwned } from '../stack/find-owned.ts';
import { type FoundInventory, readInventory } from '../stack/inventory.ts';
import { type StackNode, stackNodeSchema } from '../wait/stack-node.ts';
import { listPages } from '../watch/list-pages.ts';
import { judgeStatus } from './judge-status.ts';
import { readHolder } from './read-lease.ts';
import { readNodePages } from './read-node-pages.ts';
import { type PodFacts, readPods } from './read-pods.ts';
import type { ClusterStatus } from './status-types.ts';

export type { ClusterStatus } from './status-types.ts';

/** Objects that are read at a time. */
const parallel = 8;

/** What is known already, and need not be asked for. */
export interface KnownFacts {
  /** undefined: not known; null: it is not there. */
  readonly object?: (ref: ObjectRef) => LiveObject | null | undefined;
  readonly nodes?: readonly StackNode[];
  readonly pods?: PodFacts | null;
}

export interface StatusQuestions {
  /** Whether the agent of each node is asked what its devices do: one request a node more. */
  readonly devices: boolean;
}

/**
 * How the stack of a namespace is, by its inventory, its objects and its nodes. Changes nothing. The pods of the cluster are
 * read in pages, of which one is in memory; whoever may not read them is not told what is in use.
 * @throws VdpaError VDPA-CLUSTER-… when the API server cannot be asked.
 */
export async function clusterStatus(
  client: KubeClient,
  namespace: string,
  signal: AbortSignal,
  known: KnownFacts = {},
  { devices }: StatusQuestions = { devices: false },
): Promise<ClusterStatus> {
  const [inventory, lease] = await Promise.all([
    readInventory(client, namespace, signal),
    readHolder(client, namespace, signal),
  ]);
  const planned = inventory.kind === 'found' ? inventory.inventory.plan.nodes.map(({ name }) => name) : [];
  const [objects, nodes, pods, pages] = await Promise.all([
    readObjects(client, namespace, inventory, known, signal),
    readNodes(client, planned, known, signal),
    podsOf(client, namespace, inventory, known, signal),
    devices && inventory.kind !== 'none' ? readNodePages(client, namespace, signal) : null,
  ]);
  return judgeStatus({ context: client.access.context, namespace, inventory, objects, nodes, pods, lease, pages });
}

async function podsOf(
  client: KubeClient,
  namespace: string,
  inventory: FoundInventory,
  { pods }: KnownFacts,
  signal: AbortSignal,
): Promise<PodFacts | null> {
  if (inventory.kind === 'none') return { users: [], unready: [] };
  return pods === undefined ? readPods(client, namespace, signal) : pods;
}

async function readObjects(
  client: KubeClient,
  namespace: string,
  inventory: FoundInventory,
  { object = () => undefined }: KnownFacts,
  signal: AbortSignal,
) {
  if (inventory.kind === 'none') return [];
  const refs = inventory.kind === 'found' ? inventory.inventory.objects : await findOwned(client, namespace, signal);
  return inParallel(refs, parallel, async (ref) => {
    const known = object(ref);
    return { ref, live: known === undefined ? await readLive(client, ref, signal) : known };
  });
}

/** Those with the label of stacks; all of them, where one of the plan has lost it. */
async function readNodes(
  client: KubeClient,
  planned: readonly string[],
  { nodes }: KnownFacts,
  signal: AbortSignal,
): Promise<readonly StackNode[]> {
  const labelled = nodes ?? (await listNodes(client, nodeLabelKeys.provider, signal));
  const names = new Set(labelled.map(({ metadata }) => metadata.name));
  return planned.every((name) => names.has(name)) ? labelled : listNodes(client, undefined, signal);
}

async function listNodes(client: KubeClient, labelSelector: string | undefined, signal: AbortSignal) {
  const nodes = new Map<string, StackNode>();
  const selector = labelSelector === undefined ? {} : { labelSelector };
  await listPages(client, { path: '/api/v1/nodes', ...selector, signal }, (items) => {
    for (const item of items) {
      const node = stackNodeSchema.parse(item);
      nodes.set(node.metadata.name, node);
    }
  });
  return [...nodes.values()];
}
