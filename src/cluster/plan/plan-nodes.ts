// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { VdpaError } from '../../errors/vdpa-error.ts';
import { nodeLabelKeys } from '../../templates/kubernetes/names.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { applyObject } from '../objects/apply-object.ts';
import { inParallel } from '../objects/in-parallel.ts';
import { type LiveObject, liveObjectSchema, unlessMissing } from '../objects/live-object.ts';
import type { ObjectRef } from '../objects/object-ref.ts';
import { ownerOf } from '../stack/owner.ts';
import { ownerAnnotation } from '../stack/stack-names.ts';
import type { PlannedNode } from '../stack/stack-plan.ts';
import type { FieldChange } from './field-diff.ts';
import type { NodeChange } from './planned-change.ts';

const pageSize = 500;
const parallel = 8;

const pageSchema = z.object({
  metadata: z.object({ continue: z.string().nullish() }).nullish(),
  items: z.array(liveObjectSchema),
});

/** What vdpactl knows of a node before it changes it. */
export interface LiveNode {
  readonly name: string;
  readonly uid: string;
  readonly owner: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** All nodes of the cluster; of each only what is needed. */
export async function readNodes(client: KubeClient, signal?: AbortSignal): Promise<LiveNode[]> {
  const nodes: LiveNode[] = [];
  let next: string | null | undefined;
  do {
    const query = { limit: pageSize, ...(next ? { continue: next } : {}) };
    const answer = await client.request({
      path: '/api/v1/nodes',
      query,
      ...(signal === undefined ? {} : { signal }),
    });
    const page = pageSchema.parse(answer);
    nodes.push(...page.items.map(describe));
    next = page.metadata?.continue;
  } while (next);
  return nodes;
}

function describe(node: LiveObject): LiveNode {
  const { name, uid = '', labels } = node.metadata;
  const own = Object.entries(labels ?? {}).filter(([key]) => ownLabels.includes(key));
  return { name, uid, owner: ownerOf(node), labels: Object.fromEntries(own) };
}

const ownLabels: readonly string[] = Object.values(nodeLabelKeys);

/**
 * What has to be done to the nodes. Pure. A planned node that the cluster does not have is none of the answer.
 * @throws VdpaError VDPA-STACK-001 for a node of another stack: a node has one run directory and one resource.
 */
export function planNodes(live: readonly LiveNode[], planned: readonly PlannedNode[], namespace: string): NodeChange[] {
  const wanted = new Map(planned.map((node) => [node.name, node]));
  const foreign = live.filter(({ name, owner }) => wanted.has(name) && owner !== null && owner !== namespace);
  if (foreign.length > 0) {
    throw new VdpaError('VDPA-STACK-001', 'a node can be part of one stack only', {
      details: foreign.slice(0, 20).map(({ name, owner }) => `node ${name}: belongs to the stack in ${owner}`),
      next: `destroy that stack, or deploy into its namespace: --namespace ${foreign[0]?.owner}`,
    });
  }
  return live.flatMap((node): NodeChange[] => {
    const plan = wanted.get(node.name);
    if (plan === undefined) {
      return node.owner === namespace
        ? [{ node: node.name, action: 'release', fields: labelDiff(node.labels, {}) }]
        : [];
    }
    const fields = labelDiff(node.labels, plan.labels);
    const isSame = fields.length === 0 && node.owner === namespace;
    return [{ node: node.name, action: isSame ? 'unchanged' : 'label', fields }];
  });
}

function labelDiff(from: Readonly<Record<string, string>>, to: Readonly<Record<string, string>>): FieldChange[] {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].sort().flatMap((key) => {
    if (from[key] === to[key]) return [];
    return [{ path: `.metadata.labels[${JSON.stringify(key)}]`, from: from[key], to: to[key] }];
  });
}

function nodeRef(name: string): ObjectRef {
  return { apiVersion: 'v1', kind: 'Node', resource: 'nodes', namespace: null, name };
}

/**
 * Sets the labels of nodes and marks them as this stack's; without labels and owner it takes back all that vdpactl set. The
 * uid goes along, because an apply makes what is not there, and a node is nothing to be made.
 */
export async function labelNodes(
  client: KubeClient,
  nodes: readonly { readonly node: LiveNode; readonly labels: Readonly<Record<string, string>> | null }[],
  owner: string | null,
  signal: AbortSignal,
): Promise<void> {
  await inParallel(nodes, parallel, async ({ node: { name, uid }, labels }) => {
    const metadata = {
      name,
      ...(uid === '' ? {} : { uid }),
      ...(labels === null ? {} : { labels }),
      ...(owner === null ? {} : { annotations: { [ownerAnnotation]: owner } }),
    };
    // Nobody else has a say in labels of our own prefix.
    const options = { force: true, signal };
    await unlessMissing(
      applyObject(client, nodeRef(name), { apiVersion: 'v1', kind: 'Node', metadata }, options),
    ).catch(ignoringGone);
  });
}

/** The node went, and maybe another one of its name came. */
function ignoringGone(error: unknown): null {
  if (error instanceof Error && 'status' in error && error.status === 409) return null;
  throw error;
}
