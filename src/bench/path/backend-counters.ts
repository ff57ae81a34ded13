// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { type PortStats, parsePortStats } from '../../backends/output/testpmd-output.ts';
import type { Counter } from '../../backends/output/testpmd-text.ts';
import { statsPeriodSeconds } from '../../backends/testpmd.ts';
import { logSize, logTail } from '../../files/capped-log.ts';
import type { PortCounters } from '../diagnosis/observations.ts';

/** What a backend has counted so far: testpmd's port 0 is the wire, port 1 the workload's side. */
export interface BackendCounters {
  readonly wire: PortCounters | null;
  readonly vhost: PortCounters | null;
}

const tailBytes = 32 * 1024;

/** testpmd prints its counters every second, and on a busy machine later: how many such periods to wait for a block. */
const maxPeriods = 5;
const pollMs = 50;

/** The counters as the backend prints them after this call; null for a port of which nothing was printed in time. */
export async function freshBackendCounters(log: string, signal: AbortSignal): Promise<BackendCounters> {
  const from = logSize(log);
  const deadline = performance.now() + maxPeriods * statsPeriodSeconds * 1000;
  for (;;) {
    const counters = readBackendCounters(log, from);
    if ((counters.wire !== null && counters.vhost !== null) || performance.now() > deadline) return counters;
    await sleep(pollMs, undefined, { signal });
  }
}

function readBackendCounters(log: string, from = 0): BackendCounters {
  const blocks = parsePortStats(logTail(log, tailBytes, from)).filter((block) => block.complete);
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
