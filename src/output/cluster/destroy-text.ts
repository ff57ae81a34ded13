// SPDX-License-Identifier: Apache-2.0
import type { Destruction } from '../../cluster/destroy/destroy-cluster.ts';
import { refText } from '../../cluster/objects/object-ref.ts';
import type { VdpaError } from '../../errors/vdpa-error.ts';
import { errorFields } from '../error-text.ts';
import type { Place } from './deploy-document.ts';

/** What became of a stack that was to go. */
export function destructionText({ context, namespace }: Place, result: Destruction): string {
  const where = `in context ${context}, namespace ${namespace}`;
  if (result.state === 'absent') return `nothing is deployed ${where}\n`;
  if (result.state === 'declined') return `nothing was changed ${where}\n`;
  const removed = result.removals.filter(({ outcome }) => outcome === 'removed').length;
  const stays = result.removals.filter(({ outcome }) => outcome === 'released');
  const dirty = result.nodes.filter(({ left }) => left.length > 0);
  const lines = [
    `destroyed ${where}: ${removed} objects removed, ${result.nodes.length - dirty.length} nodes clean`,
    ...stays.map(({ ref, why }) => `stays, without what vdpactl set: ${refText(ref)} (${why})`),
    ...dirty.flatMap(({ node, left }) => left.map(({ what, why }) => `left on node ${node}: ${what}: ${why}`)),
    ...result.warnings.map((text) => `warning: ${text}`),
  ];
  return `${lines.join('\n')}\n`;
}

export function destructionFields(place: Place, { state, removals, nodes, warnings }: Destruction) {
  return {
    ...place,
    state,
    objects: removals.map(({ ref, outcome, why }) => ({
      ...{ apiVersion: ref.apiVersion, kind: ref.kind, namespace: ref.namespace, name: ref.name },
      outcome,
      why,
    })),
    nodes,
    warnings,
    error: null,
  };
}

/** A cluster in which it failed: the same keys. */
export function failedDestructionFields(place: Place, error: VdpaError) {
  return { ...place, state: 'failed' as const, objects: [], nodes: [], warnings: [], error: errorFields(error) };
}
