// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { Progress } from '../../output/progress.ts';
import { namespaces } from '../../templates/kubernetes/namespaces.ts';
import { version } from '../../version.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { removeObjects } from '../destroy/remove-objects.ts';
import { preflight } from '../facts/preflight.ts';
import { keyOf, type ObjectRef, refOf } from '../objects/object-ref.ts';
import { labelNodes } from '../plan/plan-nodes.ts';
import { type ChangeSet, isChanged } from '../plan/planned-change.ts';
import { type InventoryEntry, writeInventory } from '../stack/inventory.ts';
import { acquireLease } from '../stack/lease.ts';
import type { AdoptionPolicy } from '../stack/owner.ts';
import type { StackPlan } from '../stack/stack-plan.ts';
import { addWaits } from '../wait/add-waits.ts';
import { type WaitResult, waitForStack } from '../wait/wait-for-stack.ts';
import { applyObjects } from './apply-plan.ts';
import { isWorkload } from './phases.ts';
import type { SkippedNode } from './plan-stack.ts';
import { type PlanSource, type Prepared, prepareDeployment } from './prepare-deployment.ts';
import { releaseNodes } from './release-nodes.ts';
import { ensureNamespace } from './stack-namespace.ts';

export interface DeployRequest {
  readonly client: KubeClient;
  /** Its namespace is the stack's name. */
  readonly config: Config;
  readonly set: readonly string[];
  readonly source: PlanSource;
  readonly policy: AdoptionPolicy;
  readonly forceConflicts: readonly string[];
  readonly allowDowngrade: boolean;
  /** For each wait, without what images take to be pulled. */
  readonly timeoutMs: number;
  readonly pullTimeoutMs: number;
  /** Asked once it is known what would be changed; false ends it with nothing changed. */
  readonly confirm: (prepared: Prepared) => Promise<boolean>;
  /** Checked before anything is changed: whether the cluster still is what a reviewed plan was made on. */
  readonly verify?: (changes: ChangeSet) => void;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export interface Deployment {
  readonly state: 'declined' | 'unchanged' | 'deployed';
  readonly plan: StackPlan;
  readonly changes: ChangeSet;
  readonly skipped: readonly SkippedNode[];
  readonly leftOut: readonly string[];
  readonly waited: WaitResult | null;
  readonly warnings: readonly string[];
}

/** Time for objects that are no longer wanted to go. */
const removeTimeoutMs = 120_000;

/**
 * Brings a cluster to what is wanted: one change at a time, each recorded before it is made, so that whatever ends it the
 * same command goes on from there. Nothing is changed before the server has said that it takes all of it.
 */
export async function deployCluster(request: DeployRequest): Promise<Deployment> {
  const { client, config, progress, signal, timeoutMs } = request;
  const { namespace } = config.kubernetes;
  progress.step('Looking whether this cluster lets it be done');
  await preflight(client, config, signal);
  progress.step('Taking the lease of the stack');
  const object = namespaces(config).find(({ metadata }) => metadata.name === namespace) ?? null;
  const made = await ensureNamespace({ client, namespace, object, timeoutMs, progress, signal });
  const lease = await acquireLease(client, namespace, { signal, progress });
  const within = { ...request, signal: AbortSignal.any([signal, lease.signal]) };
  let touched = false;
  try {
    const prepared = await prepareDeployment({ ...within, namespace, dryRun: 'server' });
    request.verify?.(prepared.changes);
    touched = prepared.stack.plan !== null;
    const result = (state: Deployment['state'], waited: WaitResult | null): Deployment => {
      const { plan, changes, skipped, leftOut, warnings } = prepared;
      return { state, plan, changes, skipped, leftOut, waited, warnings };
    };
    if (!(await request.confirm(prepared))) return result('declined', null);
    touched = true;
    const waited = await carryOut(within, namespace, prepared);
    return result(isChanged(prepared.changes) ? 'deployed' : 'unchanged', waited);
  } catch (error) {
    throw lease.signal.aborted ? lease.signal.reason : error;
  } finally {
    await lease.release({ remove: !touched });
    // Nothing came into it, so nobody needs it.
    if (!touched) await made.undo().catch(() => {});
  }
}

async function carryOut(request: DeployRequest, namespace: string, prepared: Prepared): Promise<WaitResult> {
  const { client, progress, signal } = request;
  const { plan, changes, stack } = prepared;
  const record = (state: 'deploying' | 'deployed', objects: readonly InventoryEntry[], previous: StackPlan | null) =>
    writeInventory(client, namespace, { state, objects: [...objects], plan, previous }, signal);
  const wanted = changes.objects.filter(({ action }) => action !== 'delete');
  const unwanted = changes.objects.filter(({ action }) => action === 'delete');
  const entries = wanted.map(({ ref, adopted }) => ({ ...ref, adopted }));
  const previous = stack.state === 'deployed' ? stack.plan : stack.previous;

  const refs = plan.objects.map(refOf);
  if (!isChanged(changes) && stack.state === 'deployed' && stack.isWhole && stack.version === version) {
    progress.step('Looking whether all is ready');
    return wait(request, plan, refs, []);
  }
  progress.step('Recording what is to be there');
  await record('deploying', [...entries, ...unwanted.map(({ ref, adopted }) => ({ ...ref, adopted }))], previous);
  progress.step('Applying the stack');
  const apply = { client, namespace, progress, signal };
  const changed = await applyObjects(
    apply,
    plan.objects.filter((each) => !isWorkload(each)),
    changes.objects,
  );
  await label(request, namespace, prepared);
  if (unwanted.length > 0) {
    progress.step('Removing what is no longer part of it');
    const remove = { client, namespace, progress, signal, timeoutMs: removeTimeoutMs };
    await removeObjects(
      remove,
      unwanted.map(({ ref, adopted }) => ({ ...ref, adopted })),
    );
  }
  await releaseNodes(request, namespace, prepared);

  progress.step('Waiting for the parts of the nodes');
  // Pods that ask for a device before it is offered are turned away, some for good.
  const parts = await wait(
    request,
    plan,
    refs.filter((ref) => !isWorkload(ref)),
    changed,
  );
  const workloads = plan.objects.filter(isWorkload);
  changed.push(...(await applyObjects(apply, workloads, changes.objects)));
  if (workloads.length > 0) progress.step('Waiting for the workloads');
  const waited = await wait(request, plan, refs, changed);
  await record('deployed', entries, null);
  return addWaits(parts, waited);
}

async function label(
  { client, signal, progress }: DeployRequest,
  namespace: string,
  prepared: Prepared,
): Promise<void> {
  const { plan, changes, liveNodes } = prepared;
  const due = new Set(changes.nodes.filter(({ action }) => action === 'label').map(({ node }) => node));
  if (due.size === 0) return;
  progress.step(`Labelling ${due.size === 1 ? 'one node' : `${due.size} nodes`}`);
  const labelsOf = new Map(plan.nodes.map(({ name, labels }) => [name, labels]));
  const nodes = liveNodes.filter(({ name }) => due.has(name));
  await labelNodes(
    client,
    nodes.map((node) => ({ node, labels: labelsOf.get(node.name) ?? null })),
    namespace,
    signal,
  );
}

/** A node that is out of order holds up no other. With all of them out of order, nothing was deployed. */
async function wait(
  request: DeployRequest,
  plan: StackPlan,
  objects: readonly ObjectRef[],
  changed: readonly ObjectRef[],
): Promise<WaitResult> {
  const { client, timeoutMs, pullTimeoutMs, progress, signal } = request;
  const result = await waitForStack({
    ...{ client, objects, timeoutMs, pullTimeoutMs, progress, signal },
    nodes: plan.nodes,
    changed: new Set(changed.map(keyOf)),
  });
  const { unavailableNodes } = result;
  if (unavailableNodes.length < plan.nodes.length || unavailableNodes.length === 0) return result;
  throw new VdpaError('VDPA-DEPLOY-002', 'no node of the stack is in order', {
    where: `context ${client.access.context}`,
    details: unavailableNodes.slice(0, 20).map(({ name, why }) => `node ${name}: ${why}`),
    next: 'see: kubectl get nodes; the same command goes on once one is ready',
  });
}
