// SPDX-License-Identifier: Apache-2.0
import type { KubernetesObject } from '../../templates/kubernetes/kubernetes-object.ts';
import { ApiError, type ErrorCause } from '../client/api-error.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { applyObject } from '../objects/apply-object.ts';
import type { LiveObject } from '../objects/live-object.ts';
import { type ObjectRef, refText } from '../objects/object-ref.ts';

/** What the server would do with an object. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly result: LiveObject }
  | { readonly kind: 'conflict'; readonly lines: readonly string[] }
  | { readonly kind: 'rejected'; readonly lines: readonly string[] }
  /** It cannot say yet. */
  | { readonly kind: 'unverified'; readonly why: string };

export interface DryRunOptions {
  readonly force: boolean;
  /**
   * Where an object is tried whose namespace is not there yet; null: there is none to try it in. Names differ from
   * namespace to namespace, so this can say too little, and never too much.
   */
  readonly standIn: string | null;
  readonly isNamespaceThere: boolean;
  readonly signal?: AbortSignal;
}

/** Asks the server what it would make of an object, and changes nothing. */
export async function dryRun(
  client: KubeClient,
  ref: ObjectRef,
  object: KubernetesObject,
  { force, standIn, isNamespaceThere, signal }: DryRunOptions,
): Promise<Verdict> {
  const elsewhere = ref.namespace !== null && !isNamespaceThere;
  if (elsewhere && standIn === null) return { kind: 'unverified', why: `the namespace ${ref.namespace} comes first` };
  const where = elsewhere ? { ...ref, namespace: standIn } : ref;
  const what = elsewhere ? { ...object, metadata: { ...object.metadata, namespace: standIn ?? '' } } : object;
  try {
    const options = { dryRun: true, force: force || elsewhere, ...(signal === undefined ? {} : { signal }) };
    return { kind: 'accepted', result: await applyObject(client, where, what, options) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (elsewhere && (error.status === 403 || error.status === 404)) {
      return { kind: 'unverified', why: `the namespace ${ref.namespace} comes first` };
    }
    // A kind that a CustomResourceDefinition of this stack is to bring.
    if (error.status === 404) return { kind: 'unverified', why: `the cluster does not know the kind ${ref.kind} yet` };
    const conflicts = error.causes.filter(({ reason }) => reason === 'FieldManagerConflict');
    if (conflicts.length > 0) return { kind: 'conflict', lines: conflicts.map((cause) => conflictLine(ref, cause)) };
    if (error.status === 401 || error.code === 'VDPA-CLUSTER-003' || error.status === 429 || error.status >= 500) {
      throw error;
    }
    const [, webhook] = /admission webhook "([^"]+)" does not support dry run/.exec(error.message) ?? [];
    if (webhook !== undefined) return { kind: 'unverified', why: `the webhook ${webhook} takes no dry run` };
    return { kind: 'rejected', lines: [`${refText(ref)}: ${error.message}`] };
  }
}

/** `DaemonSet vdpactl-system/vdpactl-agent: .spec.updateStrategy: kubectl-edit (apps/v1)`: object, path, manager. */
function conflictLine(ref: ObjectRef, { field, message }: ErrorCause): string {
  const [, manager = message, , api] = /conflict with "([^"]+)"(.*?)(?: using (\S+))?$/.exec(message) ?? [];
  return `${refText(ref)}: ${field}: set by ${manager}${api === undefined ? '' : ` (${api})`}`;
}
