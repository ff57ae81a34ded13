// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseForwardStats,
  parseLinkStatus,
  parsePortStats,
  parseVhostConnected,
} from '../../../src/backends/output/testpmd-output.ts';
import { readCounter } from '../../../src/backends/output/testpmd-text.ts';
import { testpmdFixture, testpmdFixtures } from '../../bench/fixture.ts';

describe('parsePortStats', () => {
  it.each(['22.11', '24.11'])('reads every block of DPDK %s in order', (version) => {
    const stats = parsePortStats(testpmdFixture(`null-pair-${version}.txt`));
    expect(stats.map(({ port, complete }) => ({ port, complete }))).toEqual([
      { port: 0, complete: true },
      { port: 1, complete: true },
      { port: 0, complete: true },
      { port: 1, complete: true },
    ]);
  });

  it('reads every counter', () => {
    expect(parsePortStats(testpmdFixture('generator-memif-22.11.txt'))[1]).toEqual({
      port: 0,
      rxPackets: 133024,
      rxMissed: 0,
      rxBytes: 7981440,
      rxErrors: 0,
      rxNoMbuf: 0,
      txPackets: 19197312,
      txErrors: 0,
      txBytes: 1151838720,
      rxPps: 0,
      rxBps: 0,
      txPps: 1544210,
      txBps: 741220872,
      reset: [],
      complete: true,
    });
  });

  it('does not take the answer to "clear port stats" for a block', () => {
    expect(parsePortStats('\n  NIC statistics for port 0 cleared\n')).toEqual([]);
  });

  it('reads the screen that --stats-period redraws, and says that the last one is cut off', () => {
    const stats = parsePortStats(testpmdFixture('stats-period-22.11.txt'));
    expect(stats).toHaveLength(7);
    expect(stats.map(({ complete }) => complete)).toEqual([true, true, true, true, true, true, false]);
    expect(stats.at(-1)).toMatchObject({ txPackets: 448416, txPps: null });
  });

  it('does not believe a number that the text may have cut short', () => {
    const text = '  #### NIC statistics for port 0  ####\n  RX-packets: 7413';
    expect(parsePortStats(text)[0]).toMatchObject({ rxPackets: null, complete: false });
  });
});

describe('parseForwardStats', () => {
  it('reads ports and the accumulated block', () => {
    const stats = parseForwardStats(testpmdFixture('translator-workload-killed-22.11.txt'));
    expect(stats.map(({ port }) => port)).toEqual([0, 1, null]);
    expect(stats[1]).toEqual({
      port: 1,
      rxPackets: 134048,
      rxDropped: 0,
      rxTotal: 134048,
      rxErrors: null,
      rxNoMbuf: null,
      txPackets: 134144,
      txDropped: 19063168,
      txTotal: 19197312,
      reset: [],
      complete: true,
    });
  });

  it('reports counters that wrapped below zero as reset, and the total they went into with them', () => {
    for (const stats of parseForwardStats(testpmdFixture('forward-reset-22.11.txt'))) {
      expect(stats).toMatchObject({ rxPackets: null, rxTotal: null, txPackets: null, txTotal: null });
      // Printed as 45520704, which looks sound: the sum of a wrapped counter and a sound one, modulo 2^64.
      expect(stats.reset).toEqual(['rxPackets', 'rxTotal', 'txPackets', 'txTotal']);
      expect(stats.txDropped).toBe(46274400);
    }
  });

  it('heals a closing rule that prompts were written into', () => {
    const stats = parseForwardStats(testpmdFixture('generator-interleaved-24.11.txt'));
    expect(stats.map(({ port, complete }) => ({ port, complete }))).toEqual([
      { port: 0, complete: true },
      { port: null, complete: true },
      { port: 0, complete: true },
      { port: null, complete: true },
    ]);
    expect(stats[0]).toMatchObject({ rxPackets: 719072, txPackets: 759808, txDropped: 71699776 });
  });

  it('reads counters so long that nothing separates them from the next label', () => {
    const text =
      '--- Forward statistics for port 0  ---\n  RX-packets: 12345678901234 RX-dropped: 123456789012345RX-total: 1\n';
    expect(parseForwardStats(text)[0]).toMatchObject({ rxDropped: 123456789012345, rxTotal: 1 });
  });

  it('reads errors, which are printed only when there are any', () => {
    const text =
      '--- Forward statistics for port 0  ---\n  RX-packets: 1 RX-dropped: 0 RX-total: 1\n  RX-error: 3\n  RX-nombufs: 4             \n  TX-packets: 1 TX-dropped: 0 TX-total: 1\n  ------------------------------\n';
    expect(parseForwardStats(text)[0]).toMatchObject({ rxErrors: 3, rxNoMbuf: 4, complete: true });
  });
});

describe('parseLinkStatus', () => {
  it('sees the link of memif go down with its peer', () => {
    const links = parseLinkStatus(testpmdFixture('generator-memif-22.11.txt'));
    expect(links.map(({ up }) => up)).toEqual([true, false]);
    expect(links[0]).toEqual({
      port: 0,
      up: true,
      mac: 'be:47:32:d1:99:06',
      device: 'net_memif0',
      driver: 'net_memif',
      speed: '100 Gbps',
      mtu: 1500,
      promiscuous: true,
    });
  });

  it('sees the vhost port go down when the workload is killed', () => {
    const text = testpmdFixture('translator-workload-killed-22.11.txt');
    expect(parseLinkStatus(text).map(({ port, up }) => ({ port, up }))).toEqual([
      { port: 1, up: true },
      { port: 1, up: false },
    ]);
    expect(parseVhostConnected(text)).toBe(false);
  });
});

describe('parseVhostConnected', () => {
  it.each([
    ['', null],
    ['VHOST_CONFIG: (s) virtio is now ready for processing.', true],
    ['virtio is now ready for processing.\nvhost peer closed\n', false],
    ['vhost peer closed\nvirtio is now ready for processing.', true],
  ])('%j: %s', (text, expected) => {
    expect(parseVhostConnected(text)).toBe(expected);
  });
});

describe('readCounter', () => {
  it.each([
    ['0', 0],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740993', 'too-large'],
    ['18446744073708810176', 'wrapped'],
    ['9223372036854775807', 'too-large'],
    ['9223372036854775808', 'wrapped'],
  ])('%s', (digits, expected) => {
    expect(readCounter(digits)).toBe(expected);
  });

  it('is exact or says why not, for every 64-bit value', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        const counter = readCounter(value.toString());
        return typeof counter === 'number'
          ? BigInt(counter) === value
          : counter === (value >= 2n ** 63n ? 'wrapped' : 'too-large') && value > BigInt(Number.MAX_SAFE_INTEGER);
      }),
    );
  });
});

describe('whatever the text', () => {
  const parsers = [parsePortStats, parseForwardStats, parseLinkStatus, parseVhostConnected];
  /** Pieces that the parsers look for, in any order, with anything between. */
  const hostile = fc
    .array(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(
          ...[
            'testpmd> ',
            'show ',
            '\n',
            '\r',
            '\u001b[',
            '  ######################## NIC statistics for port 0  ####',
          ],
          ...[
            'RX-packets: ',
            'TX-total:',
            '99999999999999999999',
            '18446744073709551615',
            '####################',
            ': ',
          ],
          ...['  --- Forward statistics for port 1 ---', '+++ Accumulated forward statistics for all ports+++'],
          ...['**** Infos for port 0 ***', 'Link status: ', '--------------------'],
        ),
      ),
      { maxLength: 60 },
    )
    .map((pieces) => pieces.join(''));

  it('never throws, and no counter is anything but a safe integer or null', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const parse of parsers) {
          parse(text);
        }
        for (const block of [...parsePortStats(text), ...parseForwardStats(text)]) {
          for (const value of Object.values(block)) {
            expect(typeof value !== 'number' || Number.isSafeInteger(value)).toBe(true);
          }
        }
      }),
    );
  });

  it('never takes long', () => {
    for (const piece of ['testpmd> show ', 'RX-packets: ', 'RX-a', '  ', '#', '- Forward statistics for port ', ': ']) {
      const text = piece.repeat(200_000);
      const begin = performance.now();
      for (const parse of parsers) {
        parse(text);
      }
      expect(performance.now() - begin).toBeLessThan(5000);
    }
  });

  it('finds the same when prompts are written between any two characters', () => {
    const text = testpmdFixture('null-pair-22.11.txt').slice(4700);
    const plain = parsePortStats(text);
    expect(plain.length).toBeGreaterThan(0);
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: text.length }), { minLength: 1, maxLength: 4 }),
        fc.constantFrom('testpmd> ', 'testpmd> show port stats all\n', 'testpmd> stop\n'),
        (places, prompt) => {
          let torn = text;
          for (const place of [...places].sort((a, b) => b - a)) {
            torn = torn.slice(0, place) + prompt + torn.slice(place);
          }
          // A prompt inside a prompt that was there already is not one that testpmd could write.
          fc.pre(!/testpmd> ?[^\n]*testpmd> /.test(torn) && !/t(?:e(?:s(?:t(?:p(?:m)?)?)?)?)?testpmd> /.test(torn));
          expect(parsePortStats(torn)).toEqual(plain);
        },
      ),
    );
  });

  it('reads every capture in full', () => {
    for (const name of testpmdFixtures()) {
      for (const parse of parsers) {
        parse(testpmdFixture(name));
      }
    }
  });
});
