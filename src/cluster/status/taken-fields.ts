// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { isRecord } from '../../config/plain-data.ts';
import { fieldManager } from '../stack/stack-names.ts';

/** A field that vdpactl applied and that is not its own any more. */
export interface TakenField {
  /** As Kubernetes names fields: `.spec.template.spec.containers[name=agent].image`. */
  readonly path: string;
  /** Who has it now; null: it was removed, or nobody says so. */
  readonly manager: string | null;
}

const entrySchema = z.object({
  manager: z.string().default(''),
  operation: z.string().default(''),
  subresource: z.string().nullish(),
  fieldsV1: z.unknown(),
});

/** Says which object it is: the server keeps no owner of it. */
const identity = new Set(['.apiVersion', '.kind', '.metadata.name', '.metadata.namespace']);

/**
 * The fields of an applied object that are no longer vdpactl's, by what the server itself keeps about who has set which
 * field (`metadata.managedFields`): somebody has changed or removed them since. Pure. Empty for an object without that record.
 */
export function takenFields(applied: unknown, managedFields: unknown): TakenField[] {
  const entries = z.array(entrySchema).safeParse(managedFields).data ?? [];
  const isOwn = ({ manager, operation, subresource }: z.infer<typeof entrySchema>) =>
    manager === fieldManager && operation === 'Apply' && !subresource;
  const own = entries.find(isOwn);
  if (own === undefined) return [];
  const others = entries.filter((entry) => !isOwn(entry));
  const paths: { readonly path: string; readonly steps: readonly Step[] }[] = [];
  compare(applied, own.fieldsV1, [], '', paths);
  return paths.map(({ path, steps }) => ({
    path,
    manager: others.find(({ fieldsV1 }) => hasField(fieldsV1, steps))?.manager ?? null,
  }));
}

/** How to get from one level of `fieldsV1` to the next: a field by its name, an item by what it is. */
type Step = { readonly field: string } | { readonly item: unknown };

type Lost = { readonly path: string; readonly steps: readonly Step[] }[];

function compare(value: unknown, fields: unknown, steps: readonly Step[], path: string, lost: Lost): void {
  // Nothing below it, not even itself (`.`): it is a leaf, or owned whole.
  if (isWhole(fields) && path !== '') return;
  const children = isRecord(value)
    ? Object.entries(value).map(([key, child]) => ({ child, step: { field: key }, at: `${path}${fieldName(key)}` }))
    : Array.isArray(value)
      ? value.map((child: unknown, index) => ({
          child,
          step: { item: child },
          at: `${path}${itemName(fields, child, index)}`,
        }))
      : [];
  for (const { child, step, at } of children) {
    // What is empty leaves no trace.
    if (identity.has(at) || isNothing(child)) continue;
    const next = follow(fields, step);
    if (next === undefined) lost.push({ path: at, steps: [...steps, step] });
    else compare(child, next, [...steps, step], at, lost);
  }
}

const isWhole = (fields: unknown): boolean => isRecord(fields) && Object.keys(fields).length === 0;

function follow(fields: unknown, step: Step): unknown {
  if (!isRecord(fields)) return undefined;
  if ('field' in step) return Object.hasOwn(fields, `f:${step.field}`) ? fields[`f:${step.field}`] : undefined;
  const key = itemKey(fields, step.item);
  return key === null ? undefined : fields[key];
}

/** `k:{"name":"agent"}` for an item of a map, `v:"x"` for one of a set; null: there is none for it. */
function itemKey(fields: Readonly<Record<string, unknown>>, item: unknown): string | null {
  for (const key of Object.keys(fields)) {
    if (key.startsWith('v:') && sameJson(key.slice(2), item)) return key;
    if (!key.startsWith('k:') || !isRecord(item)) continue;
    const wanted = parse(key.slice(2));
    // A part of the key that was left out has got its default.
    const isIt = isRecord(wanted) && Object.entries(wanted).every(([name, value]) => (item[name] ?? value) === value);
    if (isIt) return key;
  }
  return null;
}

function hasField(fields: unknown, steps: readonly Step[]): boolean {
  let at = fields;
  for (const step of steps) {
    at = follow(at, step);
    if (at === undefined) return false;
    if (isWhole(at)) return true;
  }
  return true;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const sameJson = (text: string, value: unknown): boolean => typeof value !== 'object' && text === JSON.stringify(value);

function fieldName(key: string): string {
  return /^[A-Za-z_][\w-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function itemName(fields: unknown, item: unknown, index: number): string {
  const keys = isRecord(fields) ? Object.keys(fields).find((key) => key.startsWith('k:')) : undefined;
  const names = keys === undefined ? undefined : parse(keys.slice(2));
  if (!isRecord(names) || !isRecord(item)) return `[${typeof item === 'object' ? index : JSON.stringify(item)}]`;
  const said = Object.keys(names).filter((name) => item[name] !== undefined);
  return `[${said.map((name) => `${name}=${String(item[name])}`).join(',')}]`;
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.keys(value).length === 0;
}
