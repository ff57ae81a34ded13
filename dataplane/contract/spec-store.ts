// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../src/errors/vdpa-error.ts';
import { parseJson } from '../../src/files/json-file.ts';
import { whyUnread } from '../../src/files/why-unread.ts';
import { readTextFile } from '../../src/files/write-atomic.ts';
import { type BackendSpec, backendSpecSchema } from './backend-spec.ts';
import { isDeviceId } from './device-id.ts';
import type { RunDir } from './run-dir.ts';

export interface StoredSpec {
  readonly spec: BackendSpec;
  readonly hash: string;
}

/** The backends that are wanted, by device. */
export interface SpecsFound {
  readonly specs: ReadonlyMap<string, StoredSpec>;
  /** The devices of files that are no spec that this version knows, and why. Of some, what was known before is in `specs`. */
  readonly unread: ReadonlyMap<string, string>;
}

/** The content hash of a spec: a backend is restarted when, and only when, it changes. The order of keys is no content. */
export function specHash(spec: BackendSpec): string {
  return createHash('sha256').update(JSON.stringify(spec, sortKeys)).digest('hex').slice(0, 16);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** As `findSpecs`, where nothing can be done about those that are not understood. */
export function readSpecs(
  dir: RunDir,
  before: ReadonlyMap<string, StoredSpec> = new Map(),
): ReadonlyMap<string, StoredSpec> {
  return findSpecs(dir, before).specs;
}

/**
 * Reads the specs. A file that is not a spec starts nothing. Only a file that is gone ends something: for one that cannot be
 * read, the spec in `before` stands.
 */
export function findSpecs(dir: RunDir, before: ReadonlyMap<string, StoredSpec> = new Map()): SpecsFound {
  const specs = new Map<string, StoredSpec>();
  const unread = new Map<string, string>();
  let names: string[];
  try {
    names = readdirSync(dir.backends).sort();
  } catch (error) {
    return { specs: errnoOf(error) === 'ENOENT' ? specs : before, unread };
  }
  for (const name of names) {
    if (!name.endsWith('.json') || name.endsWith('.status.json')) continue;
    const device = name.slice(0, -'.json'.length);
    if (!isDeviceId(device)) continue;
    const text = readTextFile(join(dir.backends, name));
    const spec = parseJson(text, backendSpecSchema);
    const known = before.get(device);
    if (spec?.device === device) specs.set(device, { spec, hash: specHash(spec) });
    else {
      unread.set(device, whyUnread(text));
      if (known !== undefined) specs.set(device, known);
    }
  }
  return { specs, unread };
}
