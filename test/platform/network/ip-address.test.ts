// SPDX-License-Identifier: Apache-2.0
import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  canonicalAddress,
  formatIpv6,
  parseIpv4,
  parseIpv6,
  samePrefix,
} from '../../../src/platform/network/ip-address.ts';

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:0DB8::0:1', '2001:db8::1'],
  ['fe80::1', 'fe80::1'],
  ['::', '::'],
  ['::1', '::1'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['1:2:3:4:5:6:7:0', '1:2:3:4:5:6:7:0'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['10:0:0:1::', '10:0:0:1::'],
])('%s is %s', (text, expected) => {
  expect(canonicalAddress(text)).toBe(expected);
});

it.each([
  '',
  '1.2.3',
  '1.2.3.256',
  ':',
  ':::',
  '1::2::3',
  'g::',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8',
  'fe80::1%eth0',
])('%j is no address', (text) => {
  expect(canonicalAddress(text)).toBeNull();
});

it('agrees with Node on what an address is', () => {
  const text = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{0,20}$/), fc.string());
  fc.assert(
    fc.property(text, (input) => {
      // Node takes zones; leading zeros of IPv4 it does not.
      fc.pre(!input.includes('%') && !/(?:^|[.:])0\d/.test(input));
      expect(parseIpv6(input) !== null).toBe(isIPv6(input));
      expect(parseIpv4(input) !== null).toBe(isIPv4(input));
    }),
    { numRuns: 500 },
  );
});

it('reads back what it prints', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9a-f]{32}$/), (hex) => {
      expect(parseIpv6(formatIpv6(hex))).toBe(hex);
    }),
  );
});

it('compares prefixes by bits', () => {
  const [a, b] = [parseIpv6('2001:db8::1') ?? '', parseIpv6('2001:db9::1') ?? ''];
  expect([0, 31, 32, 128].map((bits) => samePrefix(a, b, bits))).toEqual([true, true, false, false]);
  expect(samePrefix(a, a, 128)).toBe(true);
});
