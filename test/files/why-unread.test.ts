// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { whyUnread } from '../../src/files/why-unread.ts';

it.each([
  [null, 'cannot be read'],
  ['', 'is damaged'],
  ['{"schemaVersion":', 'is damaged'],
  ['[]', 'is damaged'],
  ['null', 'is damaged'],
  ['{"schemaVersion":2}', 'is damaged'],
  ['{"schemaVersion":"vdpactl/v2"}', 'says "vdpactl/v2", and this version of vdpactl knows vdpactl/v1'],
  ['{"schemaVersion":"vdpactl/v1"}', 'says vdpactl/v1, and is not what this version knows by that'],
])('a file with %s %s', (text, why) => expect(whyUnread(text)).toBe(why));

it('is one line, whatever the file says', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), fc.string({ unit: 'binary' }), (text, version) => {
      for (const each of [text, JSON.stringify({ schemaVersion: version })]) {
        expect(whyUnread(each)).toMatch(/^[^\p{Cc}]{1,500}$/u);
      }
    }),
  );
});
