// SPDX-License-Identifier: Apache-2.0
import { logTail } from '../../files/capped-log.ts';
import { freshBackendCounters } from '../path/backend-counters.ts';
import { flowgenDestinationMac, flowgenNetwork } from '../path/generator.ts';
import { returnMac } from '../path/l3fwd.ts';
import type { MeasuredPath } from '../path/measured-path.ts';
import { parseVhostConnected } from '../testpmd/testpmd-output.ts';
import type { Observations } from './observations.ts';

/** Looks at every hop of a path on which nothing came back. */
export async function observe(path: MeasuredPath, signal: AbortSignal): Promise<Observations> {
  const counters = await freshBackendCounters(path.backendLog, signal);
  const log = logTail(path.backendLog, 256 * 1024);
  const link = await path.generator.link();
  const stats = await path.generator.portStats();
  return {
    wire: path.spec.wire.kind,
    generator: {
      linkUp: link?.up ?? null,
      tx: stats?.txPackets ?? null,
      txDropped: null,
      rxDropped: stats?.rxNoMbuf ?? null,
      mac: link?.mac ?? null,
      promiscuous: link?.promiscuous ?? null,
      destinationMac: flowgenDestinationMac,
      destinationNetwork: flowgenNetwork,
    },
    backend: {
      alive: path.backendPid() !== 0,
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
