// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonFile } from '../../src/files/json-file.ts';
import { type BackendSpec, backendSpecSchema } from './backend-spec.ts';
import type { RunDir } from './run-dir.ts';

export interface StoredSpec {
  readonly spec: BackendSpec;
  readonly hash: string;
}

/** The content hash of a spec: a backend is restarted when, and only when, it changes. */
export function specHash(spec: BackendSpec): string {
  return createHash('sha256').update(JSON.stringify(spec)).digest('hex').slice(0, 16);
}

/** The backends that are wanted, by device. A file that is not a spec is passed over: it starts nothing. */
export function readSpecs(dir: RunDir): Map<string, StoredSpec> {
  const specs = new Map<string, StoredSpec>();
  let names: string[];
  try {
    names = readdirSync(dir.backends).sort();
  } catch {
    return specs;
  }
  for (const name of names) {
    if (!name.endsWith('.json') || name.endsWith('.status.json')) continue;
    const spec = readJsonFile(join(dir.backends, name), backendSpecSchema);
    if (spec !== null && name === `${spec.device}.json`) specs.set(spec.device, { spec, hash: specHash(spec) });
  }
  return specs;
}
