// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnose, type NoTrafficReason } from '../../../src/bench/diagnosis/diagnose.ts';
import type { Observations } from '../../../src/bench/diagnosis/observations.ts';
import { testpmdFixture } from '../fixture.ts';

interface Change {
  readonly wire?: Observations['wire'];
  readonly generator?: Partial<Observations['generator']>;
  readonly backend?: Partial<Observations['backend']>;
  readonly workload?: Partial<Observations['workload']>;
}

/** A run in which everything is in order up to the workload, which returns nothing; changed as a test needs it. */
function observed(change: Change = {}): Observations {
  return {
    wire: change.wire ?? 'memif',
    generator: {
      ...{ linkUp: true, tx: 1_000_000, txDropped: 0, rx: 0, rxDropped: 0, promiscuous: true },
      ...{ mac: '02:00:00:00:00:0a', destinationMac: '02:00:00:00:00:00', destinationNetwork: '10.253.0.0/22' },
      ...change.generator,
    },
    backend: {
      ...{ alive: true, responds: true, vhostConnected: true, log: '' },
      wire: { rx: 1_000_000, tx: 0, txDropped: 0 },
      vhost: { rx: 0, tx: 900_000, txDropped: 100_000 },
      ...change.backend,
    },
    workload: {
      ...{ alive: true, mac: '02:00:00:00:00:01', returnMac: '02:00:00:00:00:02', filtersMac: false, port: 0 },
      log: testpmdFixture('l3fwd-lpm-22.11.txt'),
      ...change.workload,
    },
  };
}

const cameBack = { wire: { rx: 1_000_000, tx: 0, txDropped: 500 }, vhost: { rx: 900_000, tx: 900_000, txDropped: 0 } };
const sentBack = {
  wire: { rx: 1_000_000, tx: 900_000, txDropped: 0 },
  vhost: { rx: 900_000, tx: 900_000, txDropped: 0 },
};

describe('diagnose', () => {
  it.each<[string, NoTrafficReason, Change, RegExp]>([
    ['the backend is gone', 'backend-dead', { backend: { alive: false } }, /backend is not running/],
    [
      'the backend is gone, and the workload with it',
      'backend-dead',
      { backend: { alive: false, log: 'EAL: FATAL: Cannot init memory\n' }, workload: { alive: false } },
      /its log says: EAL: FATAL: Cannot init memory/,
    ],
    [
      'the workload is gone',
      'workload-dead',
      { workload: { alive: false, log: testpmdFixture('eal/l3-checksum-22.11.txt') } },
      /workload ended .*Rx offloads 0xe/,
    ],
    [
      'the workload is gone without a recognised word',
      'workload-dead',
      { workload: { alive: false, log: 'hello\nSignal 15 received, preparing to exit...\n' } },
      /its log ends: Signal 15 received/,
    ],
    [
      'the workload is gone without a word',
      'workload-dead',
      { workload: { alive: false, log: '' } },
      /its log is empty/,
    ],
    [
      'the backend has stopped, so that the wire is full',
      'backend-hangs',
      { backend: { responds: false }, generator: { tx: 0, txDropped: 1_000_000 } },
      /has stopped to/,
    ],
    [
      'it is whole again when it is looked why',
      'interrupted',
      { generator: { rx: 900_000 }, backend: sentBack },
      /900,000 packets came back/,
    ],
    [
      'nothing came back but what others sent',
      'return-path',
      { wire: 'af_packet', generator: { rx: 7 }, backend: sentBack },
      /none arrived/,
    ],
    ['the wire is a null device', 'no-link', { wire: 'null' }, /null device/],
    ['the link is down', 'no-link', { generator: { linkUp: false } }, /link is down/],
    [
      'the link is down, and therefore nothing sent',
      'no-link',
      { generator: { linkUp: false, tx: 0 } },
      /link is down/,
    ],
    [
      'no workload behind the socket',
      'vhost-not-connected',
      { backend: { vhostConnected: false, vhost: { rx: 0, tx: 0, txDropped: 1_000_000 } } },
      /no workload behind/,
    ],
    ['the generator makes nothing', 'generator-limit', { generator: { tx: 0 } }, /made no packets/],
    [
      'the wire takes nothing from the generator',
      'generator-limit',
      { generator: { tx: 0, txDropped: 45_679_840 } },
      /took none of the 45,679,840 packets/,
    ],
    [
      'the generator has no buffers for what comes back',
      'generator-limit',
      { generator: { rxDropped: 7 }, backend: sentBack },
      /7 packets came back/,
    ],
    [
      'a device that filters addresses, and another address',
      'wrong-mac',
      { workload: { filtersMac: true } },
      /addressed to 02:00:00:00:00:00; the workload's device is 02:00:00:00:00:01/,
    ],
    [
      'a generator that filters addresses, and another address',
      'wrong-mac',
      { wire: 'af_packet', backend: sentBack, generator: { promiscuous: false } },
      /addressed to 02:00:00:00:00:02; the generator is 02:00:00:00:00:0a/,
    ],
    [
      'the route leads out of another port',
      'no-route',
      { workload: { log: 'LPM: Adding route 10.253.0.0 / 16 (1) [net_virtio_user1]\n' } },
      /routes 10\.253\.0\.0\/16 to port 1/,
    ],
    [
      'the backend puts nothing on the wire',
      'return-path',
      { backend: cameBack },
      /put none of them on the wire \(it refused 500/,
    ],
    ['the wire brings nothing back', 'return-path', { backend: sentBack }, /none arrived/],
    [
      'the wire brings nothing back but strays',
      'return-path',
      { backend: { ...cameBack, wire: { rx: 1_000_000, tx: 3, txDropped: 0 } } },
      /put none of them/,
    ],
    [
      'the workload keeps what it gets, and its routes do not say why',
      'unknown',
      {},
      /last seen at the backend's vhost port, which gave them to the workload/,
    ],
    [
      'a missing route, which l3fwd answers by sending the packet back',
      'unknown',
      { workload: { log: 'LPM: Adding route 192.0.2.0 / 24 (0) [net_virtio_user0]\n' } },
      /do not prove why/,
    ],
    [
      'another address where nothing filters addresses',
      'unknown',
      { generator: { destinationMac: '02:00:00:00:00:77' } },
      /do not prove why/,
    ],
    [
      'a broadcast address, which every device takes',
      'unknown',
      { generator: { destinationMac: 'ff:ff:ff:ff:ff:ff' }, workload: { filtersMac: true } },
      /do not prove why/,
    ],
    [
      'packets lost on the wire',
      'unknown',
      { backend: { wire: { rx: 0, tx: 0, txDropped: 0 }, vhost: { rx: 0, tx: 0, txDropped: 0 } } },
      /last seen at the generator/,
    ],
    [
      'the workload does not take from its ring',
      'unknown',
      { backend: { vhost: { rx: 0, tx: 0, txDropped: 1_000_000 } } },
      /last seen at the backend's wire port, which received them/,
    ],
    [
      'no counter at all',
      'unknown',
      {
        generator: { tx: null, txDropped: null, linkUp: null },
        backend: { wire: null, vhost: null, vhostConnected: null },
      },
      /No counter shows any packet/,
    ],
  ])('%s: %s', (_, reason, change, explanation) => {
    const diagnosis = diagnose(observed(change));
    expect(diagnosis.reason).toBe(reason);
    expect(diagnosis.explanation).toMatch(explanation);
    expect(diagnosis.next).not.toBe('');
  });

  it('lists every counter in the order in which a packet passes them', () => {
    expect(diagnose(observed({ generator: { txDropped: null } })).counters).toEqual([
      'generator link up: yes',
      'generator sent: 1,000,000',
      'generator could not send: not known',
      'backend received from the wire: 1,000,000',
      'vhost-user connected: yes',
      'backend gave to the workload: 900,000',
      'workload would not take: 100,000',
      'backend got back from the workload: 0',
      'backend sent to the wire: 0',
      'wire would not take: 0',
      'generator could not receive: 0',
    ]);
  });

  it('never throws, and never takes a counter that it does not know for a zero', () => {
    const count = fc.option(fc.nat(), { nil: null });
    const flag = fc.option(fc.boolean(), { nil: null });
    const mac = fc.constantFrom(null, '02:00:00:00:00:01', 'ff:ff:ff:ff:ff:ff', 'x');
    const port = fc.option(fc.record({ rx: count, tx: count, txDropped: count }), { nil: null });
    fc.assert(
      fc.property(
        fc.record({
          wire: fc.constantFrom('memif' as const, 'af_packet' as const, 'null' as const),
          generator: fc.record({
            ...{ linkUp: flag, tx: count, txDropped: count, rx: count, rxDropped: count, mac, promiscuous: flag },
            ...{ destinationMac: mac, destinationNetwork: fc.constantFrom(null, '10.0.0.0/8', 'x') },
          }),
          backend: fc.record({
            alive: fc.boolean(),
            responds: flag,
            vhostConnected: flag,
            wire: port,
            vhost: port,
            log: fc.string(),
          }),
          workload: fc.record({
            ...{ alive: fc.boolean(), log: fc.string(), mac, returnMac: mac, filtersMac: fc.boolean(), port: fc.nat() },
          }),
        }),
        (seen) => {
          const { reason } = diagnose(seen);
          if (reason === 'generator-limit') {
            expect(seen.generator.tx === 0 || (seen.generator.rxDropped ?? 0) > 0).toBe(true);
          }
          if (reason === 'interrupted') {
            expect(seen.generator.rx).toBeGreaterThan(0);
          }
          if (reason === 'return-path') {
            expect(seen.backend.vhost?.rx).toBeGreaterThan(0);
          }
          if (reason === 'vhost-not-connected') {
            expect(seen.backend.vhostConnected).toBe(false);
          }
        },
      ),
    );
  });
});
