// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { wantsColour } from '../../src/output/colour.ts';

describe('wantsColour', () => {
  it.each([
    { env: {}, terminal: true, colour: true },
    { env: {}, terminal: false, colour: false },
    { env: { TERM: 'dumb' }, terminal: true, colour: false },
    { env: { NO_COLOR: '1' }, terminal: true, colour: false },
    { env: { NO_COLOR: '' }, terminal: true, colour: true },
    { env: { FORCE_COLOR: '1' }, terminal: false, colour: true },
    { env: { FORCE_COLOR: '0' }, terminal: true, colour: false },
    { env: { FORCE_COLOR: '1', NO_COLOR: '1' }, terminal: true, colour: false },
  ])('$env, terminal $terminal: $colour', ({ env, terminal, colour }) => {
    expect(wantsColour(terminal, env)).toBe(colour);
  });
});
