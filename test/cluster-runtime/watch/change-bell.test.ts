// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { ChangeBell } from '../../../src/cluster/watch/change-bell.ts';

const never = new AbortController().signal;

describe('ChangeBell', () => {
  it('ends a wait when it is rung', async () => {
    const bell = new ChangeBell();
    const waiting = bell.rung(60_000, never);
    bell.ring();
    await waiting;
  });

  it('keeps one ring that nobody waited for, and no more', async () => {
    const bell = new ChangeBell();
    bell.ring();
    bell.ring();
    await bell.rung(60_000, never);
    const began = performance.now();
    await bell.rung(30, never);
    expect(performance.now() - began).toBeGreaterThan(25);
  });

  it('throws why it was aborted', async () => {
    const end = new AbortController();
    const waiting = new ChangeBell().rung(60_000, end.signal);
    end.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(new ChangeBell().rung(1, end.signal)).rejects.toThrow('enough');
  });
});
