// SPDX-License-Identifier: Apache-2.0

/** Whether a value is a map of keys: an object that is neither null nor a list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path; undefined when there is none. Looks only at what the data itself holds. */
export function valueAt(content: unknown, path: readonly PropertyKey[]): unknown {
  let value = content;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

/** The dotted keys of every value that is not itself a map. */
export function leafKeys(content: unknown, prefix = ''): string[] {
  if (!isRecord(content)) return [];
  return Object.entries(content).flatMap(([key, value]) =>
    isRecord(value) ? leafKeys(value, `${prefix}${key}.`) : value === undefined ? [] : [`${prefix}${key}`],
  );
}
