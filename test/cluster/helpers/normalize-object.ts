// SPDX-License-Identifier: Apache-2.0
import { isRecord } from '../../../src/config/plain-data.ts';
import { fullResourceName } from '../../../src/templates/kubernetes/names.ts';

/** Changes with time alone, or with every write, whatever was written. */
const timekeeping = new Set([
  'resourceVersion',
  'lastHeartbeatTime',
  'lastProbeTime',
  'lastTransitionTime',
  'observedGeneration',
]);

/** An object without what says only when it was written. Pure. */
export function normalizeObject(object: unknown): unknown {
  return normalize(object, []);
}

function normalize(value: unknown, path: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((each) => normalize(each, path));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value)
    .filter(([key]) => !timekeeping.has(key))
    .filter(([key]) => !(key === 'time' && path.at(-1) === 'managedFields'))
    // Who wrote a status, and of which fields: it is written all the time.
    .filter(([key]) => !(key === 'managedFields' && path.length !== 1))
    // A kubelet keeps the name of a resource that nobody offers any more.
    .filter(([key, each]) => !(key === fullResourceName && each === '0'));
  return Object.fromEntries(
    entries.map(([key, each]) => [
      key,
      key === 'managedFields' && Array.isArray(each)
        ? each
            .filter(ofTheObject)
            .map((entry) => normalize(entry, [...path, key]))
            .sort(byText)
        : normalize(each, [...path, key]),
    ]),
  );
}

/** The server has the entries by time, of which those of one second can change places. */
const byText = (one: unknown, other: unknown): number => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);

const ofTheObject = (entry: unknown): boolean => isRecord(entry) && entry['subresource'] !== 'status';

/** What differs, a line each: `.metadata.labels["a"]: "1" -> nothing`. */
export function fieldDifferences(before: unknown, after: unknown, path = ''): string[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => fieldDifferences(before[key], after[key], `${path}${step(key)}`));
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((each, index) => fieldDifferences(each, after[index], `${path}[${index}]`));
  }
  const [from, to] = [text(before), text(after)];
  return from === to ? [] : [`${path}: ${from} -> ${to}`];
}

const step = (key: string): string => (/^[a-zA-Z]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`);

const text = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
