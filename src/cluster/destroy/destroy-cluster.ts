// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { Progress } from '../../output/progress.ts';
import { namespaces } from '../../templates/kubernetes/namespaces.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { phaseOf, phases } from '../deploy/phases.ts';
import { ensureNamespace, namespaceRef, presentNamespace } from '../deploy/stack-namespace.ts';
import { keyOf } from '../objects/object-ref.ts';
import { type LiveNode, readNodes } from '../plan/plan-nodes.ts';
import { type InventoryEntry, inventoryRef, writeInventory } from '../stack/inventory.ts';
import { acquireLease } from '../stack/lease.ts';
import { type OpenedStack, openStack } from '../stack/open-stack.ts';
import { type CleanedNode, cleanNodes } from './clean-nodes.ts';
import { type Removal, removeObjects } from './remove-objects.ts';
import { podsWithDevices } from './users.ts';

export interface DestroyRequest {
  readonly client: KubeClient;
  readonly config: Config;
  /** Also while pods of others have devices of the stack. */
  readonly force: boolean;
  /** Nodes that cannot be reached are left as they are, and no longer belong to the stack. */
  readonly skipUnreachable: boolean;
  readonly timeoutMs: number;
  /** Asked once it is known what would be removed. */
  readonly confirm: (stack: OpenedStack, nodes: readonly string[]) => Promise<boolean>;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export interface Destruction {
  readonly state: 'absent' | 'declined' | 'destroyed';
  readonly removals: readonly Removal[];
  readonly nodes: readonly CleanedNode[];
  readonly warnings: readonly string[];
}

/**
 * Removes a stack: what it is made of in reverse order, what it left on its nodes, and last the record of it. Whatever ends
 * it, the same command goes on from there; with nothing left it answers `absent`.
 * @throws VdpaError VDPA-STACK-007 while others use it, VDPA-DESTROY-001 for what cannot be removed.
 */
export async function destroyCluster(request: DestroyRequest): Promise<Destruction> {
  const { client, config, progress, signal, timeoutMs } = request;
  const { namespace } = config.kubernetes;
  progress.step('Looking for the stack');
  const object = namespaces(config).find(({ metadata }) => metadata.name === namespace) ?? null;
  const place = { client, namespace, object, timeoutMs, progress, signal };
  await presentNamespace(place);
  const [first, marked] = await Promise.all([
    openStack(client, namespace, signal),
    ownNodes(client, namespace, signal),
  ]);
  if (first.state === 'none' && first.objects.length === 0 && marked.length === 0) {
    return { state: 'absent', removals: [], nodes: [], warnings: [] };
  }
  // The pods that clean the hosts run in it, and the lease is in it: without it, it is made once more.
  const made = await ensureNamespace(place);
  const lease = await acquireLease(client, namespace, { signal, progress });
  const within = { ...request, signal: AbortSignal.any([signal, lease.signal]) };
  try {
    // What another run did while the lease was waited for.
    const stack = await openStack(client, namespace, within.signal);
    const nodes = await ownNodes(client, namespace, within.signal);
    if (!request.force) await refuseWhileUsed(client, within.signal);
    const names = nodes.map(({ name }) => name);
    if (!(await request.confirm(stack, names))) {
      await made.undo();
      return { state: 'declined', removals: [], nodes: [], warnings: [] };
    }
    return await remove(within, stack, nodes, () => lease.release({ remove: true }));
  } catch (error) {
    throw lease.signal.aborted ? lease.signal.reason : error;
  } finally {
    await lease.release();
  }
}

async function remove(
  request: DestroyRequest,
  stack: OpenedStack,
  nodes: readonly LiveNode[],
  letGo: () => Promise<void>,
): Promise<Destruction> {
  const { client, config, progress, signal, timeoutMs } = request;
  const { namespace } = config.kubernetes;
  await markAsDestroying(request, stack);
  const entries = stack.objects.filter((entry) => keyOf(entry) !== keyOf(inventoryRef(namespace)));
  const own = entries.find((entry) => keyOf(entry) === keyOf(namespaceRef(namespace)));
  const runs = entries.filter(({ kind }) => phaseOf(kind) >= runningPhase);
  const rest = entries.filter((entry) => phaseOf(entry.kind) < runningPhase && entry !== own);
  const removing = { client, namespace, progress, signal, timeoutMs };

  progress.step('Removing workloads and the parts of the nodes');
  const removals = await removeObjects(removing, runs);
  const cleaned = await cleanNodes(request, stack, nodes);
  progress.step('Removing settings, rights and definitions');
  removals.push(...(await removeObjects(removing, rest)));
  progress.step('Removing the record of the stack');
  removals.push(...(await removeRecord(request, own, letGo)));
  return { state: 'destroyed', removals, nodes: cleaned, warnings: stack.warnings };
}

/** From here on there are pods. */
const runningPhase = phases.findIndex(({ name }) => name === 'parts of the nodes');

async function markAsDestroying({ client, config, signal }: DestroyRequest, stack: OpenedStack): Promise<void> {
  if (stack.state === 'none' || stack.state === 'destroying') return;
  const { objects, previous } = stack;
  const plan = stack.plan ?? { objects: [], nodes: [] };
  await writeInventory(
    client,
    config.kubernetes.namespace,
    { state: 'destroying', objects: [...objects], plan, previous },
    signal,
  );
}

/** The inventory goes when nothing it names is left, then the lease, and the namespace that both were in. */
async function removeRecord(
  request: DestroyRequest,
  own: InventoryEntry | undefined,
  letGo: () => Promise<void>,
): Promise<Removal[]> {
  const { client, config, progress, signal, timeoutMs } = request;
  const { namespace } = config.kubernetes;
  const removing = { client, namespace, progress, signal, timeoutMs };
  const record = await removeObjects(removing, [{ ...inventoryRef(namespace), adopted: false }]);
  await letGo();
  // Made for this run, where the stack had none of its own.
  const place = own ?? { ...namespaceRef(namespace), adopted: false };
  return [...record, ...(await removeObjects(removing, [place]))].filter(({ outcome }) => outcome !== 'absent');
}

async function ownNodes(client: KubeClient, namespace: string, signal: AbortSignal): Promise<LiveNode[]> {
  return (await readNodes(client, signal)).filter(({ owner }) => owner === namespace);
}

async function refuseWhileUsed(client: KubeClient, signal: AbortSignal): Promise<void> {
  const others = (await podsWithDevices(client, signal)).filter(({ ours }) => !ours);
  if (others.length === 0) return;
  const which = others.length === 1 ? 'a pod has' : `${others.length} pods have`;
  throw new VdpaError('VDPA-STACK-007', `${which} devices of this stack, and would lose them`, {
    where: `context ${client.access.context}`,
    details: others
      .slice(0, 20)
      .map(({ namespace, name, node }) => `pod ${namespace}/${name}${node === '' ? '' : ` on ${node}`}`),
    next: 'remove those pods first, or run the same command with --force; nothing was changed',
  });
}
