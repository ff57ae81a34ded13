// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { KubernetesObject } from '../../templates/kubernetes/kubernetes-object.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { inParallel } from '../objects/in-parallel.ts';
import { type LiveObject, readLive } from '../objects/live-object.ts';
import { keyOf, type ObjectRef, refOf, refText } from '../objects/object-ref.ts';
import type { InventoryEntry } from '../stack/inventory.ts';
import { type AdoptionPolicy, ownerOf, ownership, withOwner } from '../stack/owner.ts';
import { dryRun, type Verdict } from './dry-run.ts';
import { fieldDiff } from './field-diff.ts';
import { fingerprint } from './fingerprint.ts';
import { maskSecrets } from './mask-secrets.ts';
import type { PlannedChange } from './planned-change.ts';
import { withFieldsOf } from './rendered-fields.ts';

export interface ChangesRequest {
  readonly client: KubeClient;
  /** The namespace of the stack, which is its name. */
  readonly namespace: string;
  readonly objects: readonly KubernetesObject[];
  /** What may be there of the stack already. */
  readonly inventory: readonly InventoryEntry[];
  readonly policy: AdoptionPolicy;
  /** Objects whose fields are taken over from other managers: `DaemonSet/vdpactl-agent`, or `all`. */
  readonly forceConflicts: readonly string[];
  /** `client`: nothing is sent for the server to judge; what is there is compared with what is rendered. */
  readonly dryRun: 'server' | 'client';
  readonly signal: AbortSignal;
}

/** How many requests are under way at once. */
const parallel = 8;

type Judged =
  | { readonly change: PlannedChange }
  | { readonly kind: 'conflict' | 'rejected'; readonly lines: readonly string[] }
  | { readonly kind: 'foreign'; readonly lines: readonly string[]; readonly owner: string | null };

/**
 * What has to be done to the objects of a cluster, and whether the cluster lets it be done. Changes nothing.
 * @throws VdpaError VDPA-STACK-001 to -003, which name everything that is in the way at once.
 */
export async function planChanges(request: ChangesRequest): Promise<PlannedChange[]> {
  const { client, signal, objects } = request;
  const there = await existingNamespaces(request);
  const standIn = there.has(request.namespace) ? request.namespace : there.has('default') ? 'default' : null;
  const judged = await inParallel(objects, parallel, (object) => judge(request, object, there, standIn));
  refuse(judged, client);
  const wanted = new Set(objects.map((object) => keyOf(refOf(object))));
  const gone = request.inventory.filter((entry) => !wanted.has(keyOf(entry)));
  const removals = await inParallel(gone, parallel, async (entry): Promise<PlannedChange[]> => {
    const live = await readLive(client, entry, signal);
    if (live === null || ownerOf(live) !== request.namespace) return [];
    const { adopted, ...ref } = entry;
    return [{ ...untouched(ref), action: 'delete', adopted, basedOn: fingerprint(live) }];
  });
  return [...judged.flatMap((one) => ('change' in one ? [one.change] : [])), ...removals.flat()];
}

async function judge(
  request: ChangesRequest,
  object: KubernetesObject,
  there: ReadonlySet<string>,
  standIn: string | null,
): Promise<Judged> {
  const { client, namespace, policy, signal } = request;
  const ref = refOf(object);
  const live = await readLive(client, ref, signal);
  const owned = live === null ? 'ours' : ownership(live, namespace, policy);
  if (live !== null && owned === 'refused')
    return { kind: 'foreign', lines: [foreignLine(ref, live)], owner: ownerOf(live) };
  const before = request.inventory.find((entry) => keyOf(entry) === keyOf(ref));
  const adopted = owned === 'adoptable' || before?.adopted === true;
  const applied = withOwner(object, namespace);
  const force = isForced(ref, request.forceConflicts);
  const verdict: Verdict =
    request.dryRun === 'client'
      ? { kind: 'accepted', result: withFieldsOf(live, applied) }
      : await dryRun(client, ref, applied, {
          force,
          standIn,
          isNamespaceThere: ref.namespace === null || there.has(ref.namespace),
          signal,
        });
  if (verdict.kind === 'conflict' || verdict.kind === 'rejected') return verdict;
  const common = { ref, adopted, force, unverified: verdict.kind === 'unverified' ? verdict.why : null };
  if (live === null) return { change: { ...common, action: 'create', fields: [], basedOn: null } };
  // Somebody is deleting it: whatever it has now, it will have to be made again.
  if (live.metadata.deletionTimestamp)
    return { change: { ...common, action: 'create', fields: [], basedOn: fingerprint(live) } };
  const fields = verdict.kind === 'accepted' ? maskSecrets(ref.kind, fieldDiff(live, verdict.result)) : [];
  const action = fields.length === 0 && verdict.kind === 'accepted' ? 'unchanged' : 'configure';
  return { change: { ...common, action, fields, basedOn: fingerprint(live) } };
}

function untouched(ref: ObjectRef): PlannedChange {
  return { ref, action: 'unchanged', fields: [], adopted: false, force: false, unverified: null, basedOn: null };
}

async function existingNamespaces({ client, objects, namespace, signal }: ChangesRequest): Promise<Set<string>> {
  const named = new Set([namespace, 'default', ...objects.flatMap(({ metadata }) => metadata.namespace ?? [])]);
  const there = new Set<string>();
  await inParallel([...named], parallel, async (name) => {
    const ref = { apiVersion: 'v1', kind: 'Namespace', resource: 'namespaces', namespace: null, name };
    const live = await readLive(client, ref, signal);
    if (live !== null && !live.metadata.deletionTimestamp) there.add(name);
  });
  return there;
}

function isForced({ kind, name }: ObjectRef, forced: readonly string[]): boolean {
  const own = `${kind}/${name}`.toLowerCase();
  return forced.some((each) => each === 'all' || each.toLowerCase() === own);
}

/** A cluster has one of some things, such as the network definition: a second stack is in the way of the first. */
function foreignNext(owners: readonly (string | null)[]): string {
  const other = owners.find((owner) => owner !== null);
  return other === undefined
    ? 'remove them, choose another --namespace, or make them part of the stack with --adopt adopt-if-unowned; nothing was changed'
    : `change that stack instead: --namespace ${other}; or destroy it first; nothing was changed`;
}

function foreignLine(ref: ObjectRef, live: LiveObject): string {
  const owner = ownerOf(live);
  return `${refText(ref)}: ${owner === null ? 'not made by vdpactl' : `belongs to the stack in ${owner}`}`;
}

const oneOf = (all: readonly string[], one: string, many: string): string =>
  all.length === 1 ? one : `${all.length} ${many}`;

/** All that is in the way, whatever of it is told first. */
function refuse(judged: readonly Judged[], { access }: KubeClient): void {
  const ownersOf = judged.flatMap((one) => ('kind' in one && one.kind === 'foreign' ? [one.owner] : []));
  const linesOf = (wanted: 'conflict' | 'rejected' | 'foreign') =>
    judged.flatMap((one) => ('kind' in one && one.kind === wanted ? one.lines : []));
  const [rejected, foreign, conflicts] = [linesOf('rejected'), linesOf('foreign'), linesOf('conflict')];
  const details = [...rejected, ...foreign, ...conflicts];
  const where = `context ${access.context}`;
  if (rejected.length > 0) {
    throw new VdpaError('VDPA-STACK-003', `the API server would reject ${oneOf(rejected, 'an object', 'objects')}`, {
      where,
      details,
      next: 'change what it names, in the config or in the policy of the cluster; nothing was changed',
    });
  }
  if (foreign.length > 0) {
    throw new VdpaError(
      'VDPA-STACK-001',
      `${oneOf(foreign, 'an object is', 'objects are')} there already and not of this stack`,
      {
        where,
        details,
        next: foreignNext(ownersOf),
      },
    );
  }
  if (conflicts.length > 0) {
    throw new VdpaError('VDPA-STACK-002', `others have set ${oneOf(conflicts, 'a field', 'fields')} of the stack`, {
      where,
      details,
      next: 'have the other manager let go of them, or take them over with --force-conflicts KIND/NAME; nothing was changed',
    });
  }
}
