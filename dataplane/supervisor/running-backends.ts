// SPDX-License-Identifier: Apache-2.0
import { type MarkedProcess, markedProcesses } from '../../src/process/process-table.ts';
import type { BackendStatus } from '../contract/backend-spec.ts';
import type { RunDir } from '../contract/run-dir.ts';
import { backendRole } from './backend-process.ts';

/** A backend that an earlier supervisor left running. */
export interface RunningBackend {
  readonly device: string;
  readonly kept: MarkedProcess;
  /** More processes of the same device, which are to end. */
  readonly surplus: readonly MarkedProcess[];
  /** What was last written of the device. */
  readonly memory: BackendStatus | null;
  /** The same, if it was written of this very process. */
  readonly recorded: BackendStatus | null;
}

/** By the process table: what runs, and which of several processes of a device is the one that was recorded. */
export function runningBackends(
  dir: RunDir,
  statuses: { read(device: string): BackendStatus | null },
): RunningBackend[] {
  const prefix = backendRole('');
  const found = markedProcesses(dir.root).filter(({ role }) => role.startsWith(prefix));
  return [...new Set(found.map(({ role }) => role))].flatMap((role) => {
    const device = role.slice(prefix.length);
    const memory = statuses.read(device);
    const all = found.filter((each) => each.role === role);
    const known = all.find(({ pid, startTicks }) => pid === memory?.pid && startTicks === memory.startTicks);
    const kept = known ?? all[0];
    if (kept === undefined) return [];
    const surplus = all.filter((each) => each !== kept);
    return [{ device, kept, surplus, memory, recorded: known === undefined ? null : memory }];
  });
}
