// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { macAddressFor } from '../../src/backends/mac-address.ts';

it('is a unicast address that nobody was given, the same every time', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (node, device) => {
      const mac = macAddressFor(node, device);
      expect(mac).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
      const first = Number.parseInt(mac.slice(0, 2), 16);
      expect(first & 0b01, 'a group address').toBe(0);
      expect(first & 0b10, 'locally administered').toBe(0b10);
      expect(macAddressFor(node, device)).toBe(mac);
    }),
  );
});

it('is another for another device, and on another node', () => {
  const macs = ['a', 'b'].flatMap((node) =>
    Array.from({ length: 16 }, (_, index) => macAddressFor(node, `local${index}`)),
  );
  expect(new Set(macs).size).toBe(macs.length);
  expect(macAddressFor('node', 'local0')).toBe('02:d6:a9:45:a3:8c');
});
