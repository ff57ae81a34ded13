// SPDX-License-Identifier: Apache-2.0
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { backendCountersSchema } from '../../../dataplane/contract/backend-spec.ts';
import { CountedPackets, latestCounters } from '../../../dataplane/supervisor/count-packets.ts';
import { scratch } from '../../fixtures/scratch.ts';

const { folder } = scratch();
const ready = 'VHOST_CONFIG: (/x) virtio is now ready for processing.\n';
const gone = 'VHOST_CONFIG: (/x) vhost peer closed\n';

/** One block of what `--stats-period` prints. */
const block = (port: number, rx: number, tx: number): string => `
  ######################## NIC statistics for port ${port}  ########################
  RX-packets: ${rx}    RX-missed: 3          RX-bytes:  ${rx * 64}
  RX-errors: 0
  RX-nombuf:  1
  TX-packets: ${tx}    TX-errors: 2          TX-bytes:  ${tx * 64}

  Throughput (since last show)
  Rx-pps:            5          Rx-bps:          320
  Tx-pps:            7          Tx-bps:          448
  ############################################################################
`;
const side = (rx: number, tx: number) => ({
  rxPackets: rx,
  rxBytes: rx * 64,
  rxMissed: 3,
  rxErrors: 0,
  rxNoBuffer: 1,
  txPackets: tx,
  txBytes: tx * 64,
  txErrors: 2,
});

let log: string;
let counted: CountedPackets;
beforeEach(() => {
  log = join(folder(), 'local0.log');
  writeFileSync(log, block(0, 999, 999));
  counted = new CountedPackets(log, Buffer.byteLength(block(0, 999, 999)));
});

describe('the counters of a backend', () => {
  it('are none before it has printed any, whatever an earlier process printed', () => {
    expect(counted.read()).toBeNull();
  });

  it('are the latest of both sides', () => {
    appendFileSync(log, block(0, 10, 20) + block(1, 20, 10) + block(0, 30, 40) + block(1, 40, 30));
    expect(counted.read()).toEqual({ wire: side(30, 40), workload: side(40, 30), connected: null });
  });

  it('are read once a block is whole, wherever the log was cut', () => {
    const text = block(0, 10, 20) + block(1, 20, 10);
    for (const character of text) {
      appendFileSync(log, character);
      counted.read();
    }
    expect(counted.read()).toEqual({ wire: side(10, 20), workload: side(20, 10), connected: null });
  });

  it('remember that a workload is connected, until it is not', () => {
    appendFileSync(log, ready);
    expect(counted.read()?.connected).toBe(true);
    for (let second = 0; second < 20; second += 1) appendFileSync(log, block(0, second, 0) + block(1, 0, second));
    expect(counted.read()?.connected).toBe(true);
    appendFileSync(log, gone);
    expect(counted.read()?.connected).toBe(false);
  });

  it('go on after the log was cut', () => {
    appendFileSync(log, ready + block(0, 10, 20));
    counted.read();
    truncateSync(log, 0);
    appendFileSync(log, block(0, 11, 21));
    expect(counted.read()).toEqual({ wire: side(11, 21), workload: null, connected: true });
  });

  it('stand while nothing new is said, and where the log is gone', () => {
    appendFileSync(log, block(0, 10, 20));
    const before = counted.read();
    expect(counted.read()).toBe(before);
    truncateSync(log, 0);
    expect(counted.read()).toBe(before);
    expect(new CountedPackets(join(folder(), 'none'), 0).read()).toBeNull();
  });
});

it('are what the contract says, whatever a program prints', () => {
  const piece = fc.oneof(fc.string(), fc.constant(ready), fc.constant(gone), fc.constant(block(0, 2 ** 60, 1)));
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const found = latestCounters(pieces.join('\n'), null);
      if (found !== null) expect(backendCountersSchema.parse(found)).toEqual(found);
    }),
  );
});
