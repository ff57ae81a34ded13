// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasEnded, holderText, parseHolder, thisProcess } from '../../../src/cluster/stack/holder.ts';

const word = fc.stringMatching(/^[a-zA-Z0-9._-]{1,20}$/);

describe('the holder of a lease', () => {
  it('comes back from its text', () => {
    const holder = fc.record({
      host: word,
      // Directory services have users such as jo@example.org.
      user: fc.oneof(
        word,
        fc.tuple(word, word).map(([name, realm]) => `${name}@${realm}`),
      ),
      pid: fc.nat(),
      startTicks: fc.nat(),
      machine: fc.oneof(fc.constant(''), word),
      run: word,
    });
    fc.assert(
      fc.property(holder, (one) => {
        expect(parseHolder(holderText(one))).toEqual(one);
      }),
    );
  });

  it('is this process, as a line of text', () => {
    const me = thisProcess();
    expect(parseHolder(holderText(me))).toEqual(me);
    expect(me).toMatchObject({ pid: process.pid });
    expect(holderText(me)).not.toMatch(/\n/);
    expect(thisProcess().run).not.toBe(me.run);
  });

  it('is not known of any other text, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (text) => {
        const holder = parseHolder(text);
        if (holder !== null) expect(Number.isInteger(holder.pid)).toBe(true);
      }),
    );
    for (const text of ['', 'node-7', 'a@b', 'a@b 1 2', '@b 1 2 m r', 'a@b one 2 m r', 'a@b 1.5 2 m r', 'ab 1 2 m r']) {
      expect(parseHolder(text), text).toBeNull();
    }
  });
});

describe('that a holder has ended is certain', () => {
  const me = thisProcess();
  it.each([
    ['not of this very process', me, false],
    ['of a process of this machine that is no more', { ...me, pid: 2 ** 22 + 7 }, true],
    ['of one whose number another process has by now', { ...me, startTicks: me.startTicks + 1 }, true],
    ['never of another machine', { ...me, pid: 2 ** 22 + 7, machine: 'other' }, false],
    ['never of a machine that is not known', { ...me, pid: 2 ** 22 + 7, machine: '' }, false],
  ])('%s', (_, holder, ended) => expect(hasEnded(holder)).toBe(ended));
});
