// SPDX-License-Identifier: Apache-2.0
import type { FieldChange } from '../../cluster/plan/field-diff.ts';
import type { ChangeSet, NodeChange, PlannedChange } from '../../cluster/plan/planned-change.ts';
import { printable } from '../text-table.ts';
import { counted, objectText } from './object-text.ts';

const signs = { create: '+', configure: '~', delete: '-', unchanged: '=', label: '~', release: '-' } as const;
/** Fields shown of one object, and nodes shown of one kind of change; the JSON has them all. */
const shownFields = 12;
const shownNodes = 6;
const columns = 100;
const shownValue = 42;

/** What a deployment would do, as a person reviews it: one line an object that changes, and below it each field. */
export function changesText(changes: ChangeSet): string[] {
  const lines = changes.objects
    .filter(({ action }) => action !== 'unchanged')
    .flatMap((change) => [objectLine(change), ...fieldLines(change.fields)]);
  return [...lines, ...nodeLines(changes.nodes), totals(changes)];
}

function objectLine(change: PlannedChange): string {
  const { ref, adopted, force, unverified } = change;
  const remarks = [
    ...(adopted ? ['was there before the stack'] : []),
    ...(force ? ['takes fields over from other managers'] : []),
    ...(unverified === null ? [] : [`not checked by the server: ${unverified}`]),
  ];
  const remark = remarks.length > 0 ? ` (${remarks.join('; ')})` : '';
  return `${line(actionOf(change), objectText(ref))}${remark}`;
}

/** What was there before the stack is not deleted but left behind. */
function actionOf({ action, adopted }: PlannedChange): keyof typeof signs {
  return action === 'delete' && adopted ? 'release' : action;
}

function line(action: keyof typeof signs, what: string): string {
  return `${signs[action]} ${action.padEnd(9)} ${what}`;
}

function fieldLines(fields: readonly FieldChange[]): string[] {
  const lines = fields.slice(0, shownFields).flatMap(({ path, from, to }) => {
    const [name, values] = [`    ${printable(path)}:`, `${valueText(from)} -> ${valueText(to)}`];
    return name.length + 1 + values.length <= columns ? [`${name} ${values}`] : [name, `      ${values}`];
  });
  const more = fields.length - shownFields;
  return more > 0 ? [...lines, `    and ${counted(more, 'more field')}`] : lines;
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
    const which = `${names.length === 1 ? 'Node' : `${names.length} Nodes`} ${names.slice(0, shownNodes).join(', ')}`;
    return [line(change.action, printable(`${which}${more}`)), ...fieldLines(change.fields)];
  });
}

/** `5 to create, 1 to configure, 2 nodes to label, 12 objects unchanged` */
function totals({ objects, nodes }: ChangeSet): string {
  const actions = objects.map(actionOf);
  const parts = (['create', 'configure', 'delete', 'release'] as const).flatMap((action) => {
    const count = actions.filter((each) => each === action).length;
    return count === 0 ? [] : [`${count} to ${action}`];
  });
  const onNodes = (['label', 'release'] as const).flatMap((action) => {
    const count = nodes.filter((each) => each.action === action).length;
    return count === 0 ? [] : [`${counted(count, 'node')} to ${action}`];
  });
  const unchanged = actions.filter((each) => each === 'unchanged').length;
  return [...parts, ...onNodes, `${counted(unchanged, 'object')} unchanged`].join(', ');
}
