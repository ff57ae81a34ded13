// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { statsPeriodSeconds } from '../../backends/testpmd.ts';
import { logTail } from '../../files/capped-log.ts';
import type { PortCounters } from '../diagnosis/observations.ts';
import { type PortStats, parsePortStats } from '../testpmd/testpmd-output.ts';
import type { Counter } from '../testpmd/testpmd-text.ts';

/** What a backend has counted so far: testpmd's port 0 is the wire, port 1 the workload's side. */
export interface BackendCounters {
  readonly wire: PortCounters | null;
  readonly vhost: PortCounters | null;
}

const tailBytes = 32 * 1024;

/** The counters in the backend's log, once those printed from now on are there. They are a second old at most. */
export async function freshBackendCounters(log: string, signal: AbortSignal): Promise<BackendCounters> {
  await sleep(statsPeriodSeconds * 1000 + 200, undefined, { signal });
  return readBackendCounters(log);
}

export function readBackendCounters(log: string): BackendCounters {
  const blocks = parsePortStats(logTail(log, tailBytes)).filter((block) => block.complete);
  const last = (port: number) => toCounters(blocks.findLast((block) => block.port === port));
  return { wire: last(0), vhost: last(1) };
}

function toCounters(block: PortStats | undefined): PortCounters | null {
  return block === undefined ? null : { rx: block.rxPackets, tx: block.txPackets, txDropped: null };
}

/** What was counted between two readings; null where a counter began anew in between. */
export function countedBetween(before: BackendCounters, after: BackendCounters): BackendCounters {
  return { wire: difference(before.wire, after.wire), vhost: difference(before.vhost, after.vhost) };
}

function difference(before: PortCounters | null, after: PortCounters | null): PortCounters | null {
  if (before === null || after === null) return null;
  return { rx: minus(after.rx, before.rx), tx: minus(after.tx, before.tx), txDropped: null };
}

function minus(after: Counter, before: Counter): Counter {
  return after === null || before === null || after < before ? null : after - before;
}
