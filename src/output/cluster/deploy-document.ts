// SPDX-License-Identifier: Apache-2.0
import type { Deployment } from '../../cluster/deploy/deploy-cluster.ts';
import type { Prepared } from '../../cluster/deploy/prepare-deployment.ts';
import type { ChangeSet } from '../../cluster/plan/planned-change.ts';
import type { VdpaError } from '../../errors/vdpa-error.ts';
import { errorFields } from '../error-text.ts';

/** Which cluster, as a document names it. */
export interface Place {
  readonly context: string;
  readonly server: string | null;
  readonly namespace: string;
}

type State = 'planned' | 'declined' | 'unchanged' | 'deployed' | 'failed';

/** What was, or would be, done to one cluster, as data. */
export function deploymentFields(
  place: Place,
  state: State,
  result: Omit<Prepared, 'stack' | 'liveNodes'>,
  waited: Deployment['waited'],
) {
  const { plan, changes, skipped, leftOut, warnings } = result;
  const changed = new Map(changes.nodes.map((change) => [change.node, change]));
  return {
    ...place,
    state,
    ...changeFields(changes),
    nodes: plan.nodes.map(({ name, provider, backend, devices }) => ({
      ...{ name, provider, backend, devices },
      action: changed.get(name)?.action ?? null,
      fields: changed.get(name)?.fields ?? [],
    })),
    skipped: skipped.map(({ node, kept, error }) => ({ node, kept, error: errorFields(error) })),
    leftOut,
    unavailable: waited === null ? [] : waited.unavailableNodes.map(({ name, why }) => ({ node: name, why })),
    waited: waited === null ? null : { waitedMs: Math.round(waited.waitedMs), pullMs: Math.round(waited.pullMs) },
    warnings,
    error: null,
  };
}

/** A cluster in which it failed: the same keys. */
export function failedFields(place: Place, error: VdpaError) {
  return {
    ...place,
    state: 'failed' as const,
    objects: [],
    released: [],
    nodes: [],
    skipped: [],
    leftOut: [],
    unavailable: [],
    waited: null,
    warnings: [],
    error: errorFields(error),
  };
}

export function changeFields({ objects, nodes }: ChangeSet) {
  return {
    objects: objects.map(({ ref, action, adopted, unverified, fields }) => ({
      action,
      apiVersion: ref.apiVersion,
      kind: ref.kind,
      namespace: ref.namespace,
      name: ref.name,
      adopted,
      unverified,
      // JSON has no undefined: a side that has no such field is left out.
      fields,
    })),
    released: nodes.filter(({ action }) => action === 'release').map(({ node }) => node),
  };
}
