// SPDX-License-Identifier: Apache-2.0
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgress, type ProgressMode } from '../../src/output/terminal-progress.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Keeps what is written to it; with `columns` it is a terminal that is so wide. */
class Screen extends Writable {
  readonly isTTY: boolean;
  readonly columns: number;
  text = '';

  constructor(columns?: number) {
    super();
    this.isTTY = columns !== undefined;
    this.columns = columns ?? 0;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  clearLine(): void {}
  cursorTo(): void {
    this.text += '\r';
  }
  moveCursor(): void {}
}

interface Told {
  readonly lines: string[];
}

/** A run of two steps, the first of which takes `ms`. */
function tell(mode: ProgressMode, ms: number, screen = new Screen(), env: NodeJS.ProcessEnv = {}): Told {
  const progress = createProgress(mode, screen, env);
  progress.step('First');
  vi.advanceTimersByTime(ms);
  progress.update('more of it');
  progress.warn('look out');
  progress.step('Second');
  progress.done('all there');
  return { lines: screen.text.split('\n').filter((line) => line !== '') };
}

describe('plain', () => {
  it('is one line a change', () => {
    expect(tell('plain', 0).lines).toEqual([
      '- First',
      '  more of it',
      'warning: look out',
      '- Second',
      'done: all there',
    ]);
  });

  it('says that it still lives when a step takes long, until that is over', () => {
    const { lines } = tell('plain', 65_000);
    expect(lines.slice(0, 3)).toEqual(['- First', '  still at it: First (30.0 s)', '  still at it: First (60.0 s)']);
    vi.advanceTimersByTime(300_000);
    expect(lines).toHaveLength(7);
  });

  it('says which step failed, and how long it took', () => {
    const screen = new Screen();
    const progress = createProgress('plain', screen, {});
    progress.step('First');
    vi.advanceTimersByTime(1_234);
    progress.fail();
    progress.fail();
    vi.advanceTimersByTime(300_000);
    expect(screen.text).toBe('- First\nfailed: First (1.2 s)\n');
  });

  it.each<[string, Screen, NodeJS.ProcessEnv]>([
    ['is no terminal', new Screen(), {}],
    ['has no width', new Screen(0), {}],
    ['is dumb', new Screen(80), { TERM: 'dumb' }],
    ['is that of a CI job', new Screen(80), { CI: 'true' }],
  ])('is what auto means where the stream %s', (_what, screen, env) => {
    expect(tell('auto', 0, screen, env).lines[0]).toBe('- First');
  });
});

describe('json', () => {
  it('is one document a line', () => {
    const events = tell('json', 30_000).lines.map((line) => JSON.parse(line));
    expect(events.map(({ type, text }) => `${type} ${text}`)).toEqual([
      'step First',
      'heartbeat First',
      'update more of it',
      'warn look out',
      'step Second',
      'done all there',
    ]);
    for (const event of events)
      expect(event).toMatchObject({ schemaVersion: 'vdpactl/v1', seconds: expect.any(Number) });
    expect(events[2].seconds).toBe(30);
  });
});

describe('none', () => {
  it('is silent but for warnings', () => {
    expect(tell('none', 65_000).lines).toEqual(['warning: look out']);
  });
});

describe('on a terminal', () => {
  const lastOf = (screen: Screen): string[] =>
    stripVTControlCharacters(screen.text)
      .split('\n')
      .map((line) => line.split('\r').at(-1)?.trim() ?? '')
      .filter((line) => line !== '');

  beforeEach(() => {
    vi.useRealTimers();
  });

  it('ticks off each step, keeps warnings, and is settled when all of it is there', async () => {
    const screen = new Screen(80);
    const progress = createProgress('auto', screen, { TERM: 'xterm' });
    progress.step('First');
    progress.update('more of it');
    progress.warn('look out');
    progress.step('Second');
    progress.done('all there');
    await progress.settled();
    expect(lastOf(screen)).toEqual(['⚠ look out', '✔ First', '✔ all there']);
  });

  it('crosses out the step that failed', async () => {
    const screen = new Screen(80);
    const progress = createProgress('auto', screen, { TERM: 'xterm' });
    progress.step('First');
    progress.fail();
    await progress.settled();
    expect(lastOf(screen).at(-1)).toBe('✖ First');
  });

  it('leaves the screen alone when there was nothing to say', async () => {
    const screen = new Screen(80);
    const progress = createProgress('auto', screen, { TERM: 'xterm' });
    await progress.settled();
    expect(screen.text).toBe('');
  });
});

it('says once what is found again and again, and once more in the next step', () => {
  const screen = new Screen();
  const progress = createProgress('plain', screen, {});
  progress.step('First');
  for (const text of ['waiting', 'waiting', 'nearly', 'waiting']) progress.update(text);
  progress.step('Second');
  progress.update('waiting');
  expect(screen.text).toBe('- First\n  waiting\n  nearly\n  waiting\n- Second\n  waiting\n');
});
