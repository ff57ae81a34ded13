// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mainEalError, parseEalErrors } from '../../src/backends/eal-errors.ts';
import { testpmdFixture } from '../bench/fixture.ts';

describe('parseEalErrors', () => {
  it.each([
    ['eal/too-little-memory-22.11.txt', 'not-enough-memory', /Requested: 8000MB, available: 2048MB/],
    ['eal/too-little-memory-24.11.txt', 'not-enough-memory', /Requested: 8000MB, available: 2048MB/],
    ['eal/mbuf-pool-too-large-22.11.txt', 'not-enough-memory', /mbuf pool/],
    ['eal/no-hugepages-22.11.txt', 'no-hugepages', /hugepages/],
    ['eal/hugetlbfs-not-mounted-22.11.txt', 'no-hugepages', /no mounted hugetlbfs/],
    ['eal/unprivileged-22.11.txt', 'permission', /Permission denied/],
    ['eal/unprivileged-af-packet-22.11.txt', 'permission', /AF_PACKET/],
    ['eal/vdev-unknown-22.11.txt', 'no-such-device', /net_nonesuch0/],
    ['eal/vdev-unknown-24.11.txt', 'no-such-device', /net_nonesuch0/],
    ['eal/af-packet-no-interface-22.11.txt', 'no-such-device', /SIOCGIFINDEX/],
    ['eal/af-packet-no-interface-24.11.txt', 'no-such-device', /SIOCGIFINDEX/],
    ['eal/vdev-bad-argument-22.11.txt', 'device-init-failed', /net_null0/],
    ['eal/virtio-server-interrupted-22.11.txt', 'device-init-failed', /net_virtio_user0/],
    ['eal/pci-device-missing-22.11.txt', 'port-not-found', /No probed ethernet devices/],
    ['eal/no-port-22.11.txt', 'port-not-found', /No probed ethernet devices/],
    ['eal/l3-noport-22.11.txt', 'port-not-found', /port 0 is not present/],
    ['eal/virtio-no-socket-22.11.txt', 'socket-missing', /connect error/],
    ['eal/virtio-no-socket-24.11.txt', 'socket-missing', /connect error/],
    ['eal/l3-nosock-22.11.txt', 'socket-missing', /connect error/],
    ['eal/vhost-no-directory-22.11.txt', 'socket-missing', /failed to bind/],
    ['eal/vhost-no-directory-24.11.txt', 'socket-missing', /failed to bind/],
    ['eal/memif-no-directory-22.11.txt', 'socket-missing', /Invalid socket directory/],
    ['eal/memif-no-directory-24.11.txt', 'socket-missing', /Invalid socket directory/],
    ['eal/vhost-socket-in-use-22.11.txt', 'socket-in-use', /failed to bind/],
    ['eal/vhost-socket-in-use-24.11.txt', 'socket-in-use', /failed to bind/],
    ['eal/memif-socket-in-use-22.11.txt', 'socket-in-use', /Failed to setup socket/],
    ['eal/memif-socket-in-use-24.11.txt', 'socket-in-use', /Failed to setup socket/],
    ['eal/plugin-missing-22.11.txt', 'plugin-missing', /nonexistent\.so/],
    ['eal/plugin-missing-24.11.txt', 'plugin-missing', /nonexistent\.so/],
    ['eal/second-primary-22.11.txt', 'already-running', /another primary/],
    ['eal/cpu-unavailable-22.11.txt', 'cpu-unavailable', /core 9/],
    ['eal/cpu-unavailable-24.11.txt', 'cpu-unavailable', /core 9/],
    ['eal/one-core-22.11.txt', 'cpu-unavailable', /No cores defined/],
    ['eal/l3-badlcore-22.11.txt', 'cpu-unavailable', /lcore 5/],
    ['eal/l3-checksum-22.11.txt', 'offload', /Rx offloads 0xe/],
    ['eal/l3-badrule-22.11.txt', 'exit', /Failed to add IPv4 rules/],
    ['eal/unknown-option-22.11.txt', 'argument', /--frobnicate/],
    ['eal/unknown-eal-option-22.11.txt', 'argument', /--frob/],
  ])('%s: %s', (name, kind, line) => {
    const error = mainEalError(parseEalErrors(testpmdFixture(name)));
    expect(error).toMatchObject({ kind });
    expect(error?.line).toMatch(line);
  });

  it.each(['eal/healthy-22.11.txt', 'null-pair-22.11.txt', 'null-pair-24.11.txt', 'l3fwd-lpm-22.11.txt'])(
    'finds nothing wrong with the healthy %s',
    (name) => {
      expect(parseEalErrors(testpmdFixture(name))).toEqual([]);
      expect(mainEalError([])).toBeNull();
    },
  );

  it('does not take the errno of the way out for the reason', () => {
    const errors = parseEalErrors(testpmdFixture('eal/no-hugepages-22.11.txt'));
    expect(errors.filter(({ kind }) => kind === 'permission')).toEqual([]);
    expect(errors.at(-1)).toEqual({ kind: 'exit', line: 'Cause: Cannot init EAL: Permission denied' });
  });

  it('says each thing once', () => {
    const lines = parseEalErrors(testpmdFixture('eal/too-little-memory-22.11.txt')).map(({ line }) => line);
    expect(lines.filter((line) => line.includes('Cannot init memory'))).toHaveLength(1);
  });

  it('never throws, and shortens what it quotes', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'EAL: ',
        '\n',
        'Cannot init',
        ' memory',
        'requested Rx offloads ',
        'core 1',
        ': Permission denied',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 50 }), (pieces) => {
        for (const { line } of parseEalErrors(pieces.join(''))) {
          expect(line.length).toBeLessThanOrEqual(300);
        }
      }),
    );
  });

  it('never takes long', () => {
    for (const text of ['Requested device '.repeat(100_000), 'EAL: Cannot init memory\n'.repeat(100_000)]) {
      const begin = performance.now();
      parseEalErrors(text);
      expect(performance.now() - begin).toBeLessThan(5000);
    }
  });
});
