// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastPciAddress, parseCount, parseHex, parseLabel, parseMac } from '../../src/platform/fields.ts';
import { junk } from '../fixtures/junk.ts';

it.each([
  ['0x1af4', 4, '1af4'],
  ['0x020000\n', 6, '020000'],
  ['1AF4', 4, '1af4'],
  ['0x1af', 4, null],
  ['0x1af40', 4, null],
  ['0xzzzz', 4, null],
  ['', 4, null],
  [null, 4, null],
])('hex %j of %i digits is %j', (text, digits, expected) => {
  expect(parseHex(text, digits)).toBe(expected);
});

it.each([
  ['0', 0],
  [' 42\n', 42],
  ['-1', null],
  ['1e3', null],
  ['99999999999999999999', null],
  ['', null],
  [null, null],
])('count %j is %j', (text, expected) => {
  expect(parseCount(text)).toBe(expected);
});

it.each([
  ['02:FC:00:00:00:01', '02:fc:00:00:00:01'],
  ['80:00:02:08:fe:80:00:00:00:00:00:00:24:8a:07:03:00:a4:92:88', null],
  ['', null],
  [null, null],
])('MAC %j is %j', (text, expected) => {
  expect(parseMac(text)).toBe(expected);
});

it.each([
  ['../../devices/pci0000:00/0000:00:01.0/0000:01:00.1/virtio2/net/eth0', '0000:01:00.1'],
  ['../../devices/pci10000:e0/10000:e0:06.0', '10000:e0:06.0'],
  ['../../devices/virtual/net/lo', null],
  ['', null],
])('the PCI function of %j is %j', (path, expected) => {
  expect(lastPciAddress(path)).toBe(expected);
});

describe('a label', () => {
  it.each([
    ['Amazon EC2', 'Amazon EC2'],
    ['  \n', null],
    ['a\x1b[31mb\0c', 'a [31mb c'],
    ['x'.repeat(1000), 'x'.repeat(128)],
    [null, null],
  ])('%j is %j', (text, expected) => {
    expect(parseLabel(text)).toBe(expected);
  });

  it('never holds a control character', () => {
    fc.assert(
      fc.property(junk, (text) => {
        expect(parseLabel(text) ?? '').not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

it('no field parser throws', () => {
  const hexish = fc.oneof(junk, fc.stringMatching(/^(0x)?[0-9a-fA-F]{0,9}\n?$/));
  fc.assert(
    fc.property(hexish, (text) => {
      expect(parseHex(text, 4) ?? '0000').toMatch(/^[0-9a-f]{4}$/);
      expect(parseCount(text) ?? 0).toBeGreaterThanOrEqual(0);
      expect(parseMac(text) ?? '').toHaveLength(parseMac(text) === null ? 0 : 17);
      lastPciAddress(text);
    }),
  );
});
