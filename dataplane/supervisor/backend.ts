// SPDX-License-Identifier: Apache-2.0
import { schemaVersion } from '../../src/schema-version.ts';
import type { BackendState, BackendStatus } from '../contract/backend-spec.ts';
import type { BackendProcess } from './backend-process.ts';
import { type Slot, started } from './reconcile.ts';

/** One backend as the supervisor has it. */
export interface Backend {
  slot: Slot;
  process: BackendProcess | null;
  since: string;
  lastExit: BackendStatus['lastExit'];
  /** The CPU that it was given; null: its spec names it. */
  cpu: number | null;
  counters: BackendStatus['counters'];
}

export function statusOf(device: string, backend: Backend): BackendStatus {
  const { slot, process, since, lastExit, cpu, counters } = backend;
  return {
    schemaVersion,
    device,
    state: stateOf(slot),
    pid: process?.id?.pid ?? null,
    startTicks: process?.id?.startTicks ?? null,
    restarts: slot.restarts,
    since,
    lastExit,
    specHash: slot.specHash,
    cpu,
    counters,
  };
}

/** The slot of a process that an earlier supervisor started. */
export function takenOver(specHash: string, memory: BackendStatus | null, recorded: BackendStatus | null): Slot {
  return {
    // It ran long before this supervisor did: if it ends now, that is no failed start.
    ...started(undefined, specHash, Number.NEGATIVE_INFINITY),
    phase: recorded === null ? 'running' : phaseOf(recorded.state),
    restarts: memory?.restarts ?? 0,
  };
}

export function stateOf(slot: Slot): BackendState {
  if (slot.phase === 'waiting') return slot.failures > 0 ? 'backing-off' : 'stopped';
  return slot.phase === 'stopping' ? 'stopped' : slot.phase;
}

/** The phase of a process that is alive, from what was last said of it. */
function phaseOf(state: BackendState): Slot['phase'] {
  if (state === 'starting') return 'starting';
  return state === 'stopped' ? 'stopping' : 'running';
}
