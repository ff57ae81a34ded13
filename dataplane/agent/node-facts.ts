// SPDX-License-Identifier: Apache-2.0
import { readJsonFile } from '../../src/files/json-file.ts';
import { schemaVersion } from '../../src/schema-version.ts';
import { version } from '../../src/version.ts';
import { type BackendSpec, backendStateSchema, backendStatusSchema } from '../contract/backend-spec.ts';
import type { DevicePage, NodePage } from '../contract/node-page.ts';
import { type RunDir, statusFile } from '../contract/run-dir.ts';
import { deviceHealth } from './devices.ts';
import type { NodeSpecs } from './node-specs/node-specs.ts';

/** One device as it is now: by its backend's status file, and by whether that still holds. */
export function deviceFacts(dir: RunDir, spec: BackendSpec, isAlive: () => boolean, attached: boolean): DevicePage {
  const { device, backend } = spec;
  const { state, restarts } = deviceHealth(dir, device, spec, isAlive);
  const counters = readJsonFile(statusFile(dir, device), backendStatusSchema)?.counters ?? null;
  return { device, backend, state: backendStateSchema.parse(state), attached, restarts, counters };
}

/** What is shown of the node. */
export function nodePage({ view, problems }: Pick<NodeSpecs, 'view' | 'problems'>, devices: DevicePage[]): NodePage {
  return {
    schemaVersion,
    kind: 'NodeState',
    version,
    provider: view?.provider ?? null,
    backend: view?.backend ?? null,
    advertisedBy: view?.advertiser ?? 'none',
    devices,
    problems: [...problems],
  };
}
