// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isDeviceId, parseDeviceId } from '../../../dataplane/contract/device-id.ts';

it.each([
  ['0000:03:00.0', '0000:03:00.0'],
  ['0000:AF:1F.7', '0000:af:1f.7'],
  ['82:00.2', '0000:82:00.2'],
  ['local0', 'local0'],
  ['a', 'a'],
])('%s is %s', (text, device) => {
  expect(parseDeviceId(text)).toBe(device);
  expect(isDeviceId(device)).toBe(true);
});

it.each([
  '',
  'Local0',
  '0local',
  '-a',
  'a'.repeat(32),
  '0000:03:00.8',
  '0000:03:20.0',
  '0000:3:00.0',
  '0000:03:00',
  ' local0',
  'local0\n',
  '../x',
  'a/b',
  'a@b',
  'eth0:1',
])('%j is none', (text) => {
  expect(parseDeviceId(text)).toBeNull();
  expect(isDeviceId(text)).toBe(false);
});

it('answers what it would answer again, and what is safe in a file name', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-fA-F]{2}:[01][0-9a-fA-F]\.[0-7]$/)), (text) => {
      const device = parseDeviceId(text);
      if (device === null) return;
      expect(parseDeviceId(device)).toBe(device);
      expect(device).toMatch(/^[0-9a-z][0-9a-z:.-]*$/);
    }),
  );
});
