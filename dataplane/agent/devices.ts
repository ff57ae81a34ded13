// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { readJsonFile } from '../../src/files/json-file.ts';
import { identify } from '../../src/process/process-table.ts';
import { type BackendSpec, type BackendStatus, backendStatusSchema, hasProcess } from '../contract/backend-spec.ts';
import type { DeviceHealthMessage } from '../contract/grpc.ts';
import { type RunDir, statusFile } from '../contract/run-dir.ts';
import { readSpecs } from '../contract/spec-store.ts';

/** The devices that this node offers. */
export function offeredDevices(dir: RunDir): BackendSpec[] {
  return [...readSpecs(dir).values()].map((stored) => stored.spec);
}

/** Whether the process is alive that a status speaks of. */
export type Liveness = (status: BackendStatus) => boolean;

/** On one machine: by the process table, in case the supervisor is gone. */
export const byProcessTable: Liveness = ({ pid, startTicks }) =>
  pid !== null && identify(pid)?.startTicks === startTicks;

/**
 * How a device fares: what the supervisor says, unless that process is not alive any more; of one without a process, whether its character device is there. `spec` is undefined for what is offered no more.
 */
export function deviceHealth(
  dir: RunDir,
  device: string,
  spec: BackendSpec | undefined,
  isAlive: Liveness = byProcessTable,
): DeviceHealthMessage {
  if (spec !== undefined && !hasProcess(spec)) {
    return { device, state: existsSync(spec.path) ? 'running' : 'stopped', pid: 0, restarts: 0 };
  }
  const status: BackendStatus | null = readJsonFile(statusFile(dir, device), backendStatusSchema);
  if (status === null) return { device, state: 'stopped', pid: 0, restarts: 0 };
  const alive = status.pid !== null && isAlive(status);
  const claimsToRun = status.state === 'running' || status.state === 'starting';
  return {
    device,
    state: claimsToRun && !alive ? 'stopped' : status.state,
    pid: alive ? (status.pid ?? 0) : 0,
    restarts: status.restarts,
  };
}
