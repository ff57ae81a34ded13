// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  networksOverlap,
  parseIpv4Network,
  parseWorkloadRoutes,
} from '../../../src/bench/diagnosis/workload-routes.ts';
import { testpmdFixture } from '../fixture.ts';

describe('parseWorkloadRoutes', () => {
  it('reads the routes of LPM lookup', () => {
    expect(parseWorkloadRoutes(testpmdFixture('l3fwd-lpm-22.11.txt'))).toEqual([
      { network: '10.253.0.0/16', port: 0 },
      { network: '198.18.0.0/16', port: 0 },
    ]);
  });

  it('reads the flows of exact-match lookup', () => {
    expect(parseWorkloadRoutes(testpmdFixture('l3fwd-em-22.11.txt'))).toEqual([{ network: '198.18.0.0/32', port: 0 }]);
  });

  it('knows nothing of another program', () => {
    expect(parseWorkloadRoutes('Seastar HTTP server listening on port 10000 ...\n')).toEqual([]);
  });

  it('never throws', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('LPM: Adding route ', '1.2.3.4 / 8 (0)', '\n'),
    );
    fc.assert(fc.property(fc.array(piece), (pieces) => parseWorkloadRoutes(pieces.join('')).length >= 0));
  });
});

describe('parseIpv4Network', () => {
  it.each([
    ['10.253.0.0/16', { address: 0x0afd0000, prefixLength: 16 }],
    ['10.253.7.9/16', { address: 0x0afd0000, prefixLength: 16 }],
    ['255.255.255.255/32', { address: 0xffffffff, prefixLength: 32 }],
    ['0.0.0.0/0', { address: 0, prefixLength: 0 }],
    ['10.0.0.0/33', null],
    ['10.0.0.256/8', null],
    ['10.0.0/8', null],
    ['', null],
  ])('%j', (text, expected) => {
    expect(parseIpv4Network(text)).toEqual(expected);
  });
});

describe('networksOverlap', () => {
  it.each([
    ['10.0.0.0/8', '10.253.0.0/22', true],
    ['10.253.0.0/22', '10.0.0.0/8', true],
    ['10.253.0.0/22', '10.253.4.0/22', false],
    ['0.0.0.0/0', '255.255.255.255/32', true],
    ['192.0.2.0/24', '198.51.100.0/24', false],
  ])('%s and %s: %s', (a, b, expected) => {
    const [first, second] = [parseIpv4Network(a), parseIpv4Network(b)];
    expect(first !== null && second !== null && networksOverlap(first, second)).toBe(expected);
  });
});
