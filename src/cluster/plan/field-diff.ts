// SPDX-License-Identifier: Apache-2.0
import { isRecord } from '../../config/plain-data.ts';

/** One field that differs. A side that is `undefined` does not have it. */
export interface FieldChange {
  /** As Kubernetes names fields, items of lists by what tells them apart: `.spec.containers[name=agent].image`. */
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** Annotations that count what controllers have done with the object. */
export const countingAnnotations: readonly string[] = [
  'deprecated.daemonset.template.generation',
  'deployment.kubernetes.io/revision',
];

/** What the server keeps about an object beside what somebody set. */
const bookkeeping = new Set([
  '.metadata.managedFields',
  '.metadata.resourceVersion',
  '.metadata.generation',
  '.metadata.uid',
  '.metadata.creationTimestamp',
  '.metadata.selfLink',
  '.status',
  ...countingAnnotations.map((name) => `.metadata.annotations["${name}"]`),
]);

/** What tells the items of Kubernetes' lists apart, the first that all of them have. */
const itemKeys = ['name', 'mountPath', 'containerPort', 'key', 'ip'] as const;

/** The fields in which two states of an object differ, sorted by path. Pure; the server's own bookkeeping is no difference. */
export function fieldDiff(from: unknown, to: unknown): FieldChange[] {
  const changes: FieldChange[] = [];
  compare('', from, to, changes);
  return changes;
}

function compare(path: string, from: unknown, to: unknown, changes: FieldChange[]): void {
  if (bookkeeping.has(path) || Object.is(from, to)) return;
  if (isRecord(from) && isRecord(to)) {
    for (const key of [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()) {
      compare(`${path}${fieldName(key)}`, from[key], to[key], changes);
    }
    return;
  }
  if (Array.isArray(from) && Array.isArray(to)) {
    compareLists(path, from, to, changes);
    return;
  }
  // An empty map or list is the same as none: the server leaves them out.
  if (isNothing(from) && isNothing(to)) return;
  changes.push({ path: path === '' ? '.' : path, from, to });
}

function compareLists(path: string, from: readonly unknown[], to: readonly unknown[], changes: FieldChange[]): void {
  const key = itemKeys.find((candidate) => identifies(candidate, from) && identifies(candidate, to));
  if (key === undefined) {
    for (let index = 0; index < Math.max(from.length, to.length); index += 1) {
      compare(`${path}[${index}]`, from[index], to[index], changes);
    }
    return;
  }
  const byKey = (items: readonly unknown[]) => new Map(items.map((item) => [isRecord(item) ? item[key] : '', item]));
  const [before, after] = [byKey(from), byKey(to)];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    compare(`${path}[${key}=${itemName(name)}]`, before.get(name), after.get(name), changes);
  }
  // Init containers run in their order, and a variable may use those before it.
  const [order, newOrder] = [
    [...before.keys()].filter((name) => after.has(name)),
    [...after.keys()].filter((name) => before.has(name)),
  ];
  if (order.some((name, index) => name !== newOrder[index])) {
    changes.push({ path: `${path} (order)`, from: order, to: newOrder });
  }
}

/** Quoted where it could be taken for the end of the path, or a text for a number. */
function itemName(name: unknown): string {
  const isPlain = typeof name === 'string' && /^[\w./@:-]+$/.test(name) && Number.isNaN(Number(name));
  return isPlain ? name : JSON.stringify(name);
}

function identifies(key: string, items: readonly unknown[]): boolean {
  const values = items.map((item) => (isRecord(item) ? item[key] : undefined));
  const usable = values.every((value) => typeof value === 'string' || typeof value === 'number');
  return usable && new Set(values).size === values.length;
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.keys(value).length === 0;
}

function fieldName(key: string): string {
  return /^[A-Za-z_][\w-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
