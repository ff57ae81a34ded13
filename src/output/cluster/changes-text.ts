// SPDX-License-Identifier: Apache-2.0
import { refText } from '../../cluster/objects/object-ref.ts';
import type { FieldChange } from '../../cluster/plan/field-diff.ts';
import type { ChangeSet, NodeChange, PlannedChange } from '../../cluster/plan/planned-change.ts';
import { printable } from '../text-table.ts';

const signs = { create: '+', configure: '~', delete: '-', unchanged: '=', label: '~', release: '-' } as const;
/** Fields shown of one object, and nodes shown of one kind of change; the JSON has them all. */
const shownFields = 12;
const shownNodes = 6;
const shownValue = 60;

/** What a deployment would do, as a person reviews it: one line an object that changes, and below it each field. */
export function changesText(changes: ChangeSet): string[] {
  const lines = changes.objects
    .filter(({ action }) => action !== 'unchanged')
    .flatMap((change) => [objectLine(change), ...fieldLines(change.fields)]);
  return [...lines, ...nodeLines(changes.nodes), totals(changes)];
}

function objectLine({ ref, action, adopted, force, unverified }: PlannedChange): string {
  const remarks = [
    ...(adopted ? ['was there before the stack'] : []),
    ...(force ? ['takes fields over from other managers'] : []),
    ...(unverified === null ? [] : [`not checked by the server: ${unverified}`]),
  ];
  return `${signs[action]} ${action.padEnd(9)} ${refText(ref)}${remarks.length > 0 ? ` (${remarks.join('; ')})` : ''}`;
}

function fieldLines(fields: readonly FieldChange[]): string[] {
  const lines = fields
    .slice(0, shownFields)
    .map(({ path, from, to }) => `              ${printable(path)}: ${valueText(from)} -> ${valueText(to)}`);
  const more = fields.length - shownFields;
  return more > 0 ? [...lines, `              and ${more} more fields`] : lines;
}

function valueText(value: unknown): string {
  if (value === undefined) return 'none';
  const text = printable(JSON.stringify(value));
  return text.length > shownValue ? `${text.slice(0, shownValue - 3)}...` : text;
}

/** Nodes are many and mostly change alike: those that do are named together. */
function nodeLines(nodes: readonly NodeChange[]): string[] {
  const groups = new Map<string, { readonly change: NodeChange; readonly names: string[] }>();
  for (const change of nodes) {
    if (change.action === 'unchanged') continue;
    const key = JSON.stringify([change.action, change.fields]);
    const group = groups.get(key) ?? { change, names: [] };
    group.names.push(change.node);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ change, names }) => {
    const more = names.length > shownNodes ? ` and ${names.length - shownNodes} more` : '';
    const which = `${names.length === 1 ? 'Node' : `${names.length} Nodes`} ${names.slice(0, shownNodes).join(', ')}${more}`;
    return [`${signs[change.action]} ${change.action.padEnd(9)} ${which}`, ...fieldLines(change.fields)];
  });
}

/** `5 to create, 1 to configure, 12 unchanged; 2 nodes to label` */
function totals({ objects, nodes }: ChangeSet): string {
  const of = (actions: readonly { readonly action: string }[], action: string) =>
    actions.filter((each) => each.action === action).length;
  const parts = (['create', 'configure', 'delete'] as const).flatMap((action) => {
    const count = of(objects, action);
    return count === 0 ? [] : [`${count} to ${action}`];
  });
  const onNodes = (['label', 'release'] as const).flatMap((action) => {
    const count = of(nodes, action);
    return count === 0 ? [] : [`${count} ${count === 1 ? 'node' : 'nodes'} to ${action}`];
  });
  return [...parts, ...onNodes, `${of(objects, 'unchanged')} objects unchanged`].join(', ');
}
