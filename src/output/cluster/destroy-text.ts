// SPDX-License-Identifier: Apache-2.0
import type { Destruction } from '../../cluster/destroy/destroy-cluster.ts';
import type { ObjectRef } from '../../cluster/objects/object-ref.ts';
import type { VdpaError } from '../../errors/vdpa-error.ts';
import { errorFields } from '../error-text.ts';
import type { Place } from './deploy-document.ts';
import { counted, objectText } from './object-text.ts';

/** What became of a stack that was to go. */
export function destructionText({ context, namespace }: Place, result: Destruction): string {
  const where = `in context ${context}, namespace ${namespace}`;
  if (result.state === 'absent') return `nothing is deployed ${where}\n`;
  if (result.state === 'declined') return `nothing was changed ${where}\n`;
  const removed = result.removals.filter(({ outcome }) => outcome === 'removed').length;
  const stays = result.removals.filter(({ outcome }) => outcome === 'released');
  const dirty = result.nodes.filter(({ left }) => left.length > 0);
  const lines = [
    `destroyed ${where}: ${counted(removed, 'object')} removed, ${counted(result.nodes.length - dirty.length, 'node')} clean`,
    ...stays.map(({ ref, why }) => `stays, and is no longer part of a stack: ${objectText(ref)} (${why})`),
    ...dirty.flatMap(({ node, left }) => left.map(({ what, why }) => `left on node ${node}: ${what}: ${why}`)),
    ...result.warnings.map((text) => `warning: ${text}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** What is about to go, as a person is asked about it. */
export function toDestroyText(
  objects: readonly (ObjectRef & { readonly adopted: boolean })[],
  nodes: readonly string[],
): string {
  const lines = objects.map((entry) => `- ${entry.adopted ? 'release' : 'delete '} ${objectText(entry)}`);
  return [...lines, `and what the stack left on ${counted(nodes.length, 'node')}`, ''].join('\n');
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
