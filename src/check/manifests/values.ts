// SPDX-License-Identifier: Apache-2.0
import { isRecord } from '../../config/plain-data.ts';

export type Path = readonly (string | number)[];

/** What stands below a path of plain data; undefined where nothing does. */
export function below(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) {
    if (Array.isArray(at) && typeof step === 'number') at = at[step];
    else if (isRecord(at) && Object.hasOwn(at, step)) at = at[step];
    else return undefined;
  }
  return at;
}

export function recordAt(value: unknown, path: Path): Readonly<Record<string, unknown>> {
  const found = below(value, path);
  return isRecord(found) ? found : {};
}

export function listAt(value: unknown, path: Path): readonly unknown[] {
  const found = below(value, path);
  return Array.isArray(found) ? found : [];
}

export function textAt(value: unknown, path: Path): string | null {
  const found = below(value, path);
  return typeof found === 'string' ? found : null;
}

/** The texts of a list; what is no text is left out. */
export function textsAt(value: unknown, path: Path): readonly string[] {
  return listAt(value, path).filter((item): item is string => typeof item === 'string');
}
