// SPDX-License-Identifier: Apache-2.0

import { parseVhostConnected } from '../../backends/output/testpmd-output.ts';
import { logSize, logTail } from '../../files/capped-log.ts';
import { countedBetween, freshBackendCounters } from '../path/backend-counters.ts';
import { flowgenDestinationMac, flowgenNetwork } from '../path/generator.ts';
import { returnMac } from '../path/l3fwd.ts';
import type { MeasuredPath } from '../path/measured-path.ts';
import { runTrial } from '../path/trial.ts';
import type { Observations } from './observations.ts';

/** How long the trial is on which the hops are looked at, seconds. */
const lookSeconds = 0.5;

/**
 * Sends once more through a path on which nothing came back, and looks at what each hop counts of just that: the counters
 * themselves go back to when the backend started, to traffic that may have come back.
 */
export async function observe(path: MeasuredPath, signal: AbortSignal): Promise<Observations> {
  const countersBefore = await freshBackendCounters(path.backendLog, signal);
  const logBefore = logSize(path.backendLog);
  const sent = await runTrial(path.generator, lookSeconds, signal);
  const counters = countedBetween(countersBefore, await freshBackendCounters(path.backendLog, signal));
  const log = logTail(path.backendLog, 256 * 1024);
  const link = await path.generator.link();
  const stats = await path.generator.portStats();
  return {
    wire: path.spec.wire.kind,
    generator: {
      linkUp: link?.up ?? null,
      tx: sent.sent,
      txDropped: sent.generatorDropped,
      rx: sent.received,
      rxDropped: stats?.rxNoMbuf ?? null,
      mac: link?.mac ?? null,
      promiscuous: link?.promiscuous ?? null,
      destinationMac: flowgenDestinationMac,
      destinationNetwork: flowgenNetwork,
    },
    backend: {
      alive: path.backendPid() !== 0,
      responds: logSize(path.backendLog) !== logBefore,
      vhostConnected: parseVhostConnected(log),
      wire: counters.wire,
      vhost: counters.vhost,
      log,
    },
    workload: {
      alive: path.workload.isAlive(),
      log: path.workload.output(),
      mac: path.attachment.mac,
      returnMac,
      filtersMac: false,
      port: 0,
    },
  };
}
