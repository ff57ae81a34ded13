// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { ask } from '../../src/process/ask.ts';
import { run, runBytes } from '../../src/process/run.ts';

describe('run', () => {
  it('keeps the outputs apart, and together in the order in which they came', async () => {
    const result = await run('sh', ['-c', 'echo one; echo two >&2; exit 4']);
    expect(result).toMatchObject({ exitCode: 4, stdout: 'one', stderr: 'two', failure: null });
    expect(result.all.split('\n').sort()).toEqual(['one', 'two']);
  });

  it('says why there is no exit code', async () => {
    expect(await run('/no/such/program', [])).toMatchObject({
      exitCode: null,
      failure: expect.stringContaining('ENOENT'),
    });
    expect(await run('sh', ['-c', 'kill -9 $$'])).toMatchObject({
      exitCode: null,
      failure: expect.stringContaining('SIGKILL'),
    });
  });

  it('ends a program that takes too long', async () => {
    expect(await run('sleep', ['60'], { timeoutMs: 50 })).toMatchObject({
      exitCode: null,
      failure: expect.stringContaining('timed out'),
    });
  });

  it('throws when it is aborted, before and during', async () => {
    await expect(run('true', [], { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    const controller = new AbortController();
    const running = run('sleep', ['60'], { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 30);
    await expect(running).rejects.toThrow('enough');
  });

  it('takes the environment that it is given and no other', async () => {
    const PATH = process.env['PATH'] ?? '';
    expect((await run('env', [], { env: { PATH } })).stdout).toBe(`PATH=${PATH}`);
  });
});

describe('runBytes', () => {
  it('hands over bytes and brings bytes back', async () => {
    const result = await runBytes('sh', ['-c', "cat; printf '\\000\\377'; echo why >&2; exit 3"], { input: 'in' });
    expect(result).toMatchObject({ exitCode: 3, stderr: 'why', timedOut: false, failure: null });
    expect([...result.stdout]).toEqual([...Buffer.from('in'), 0, 255]);
  });

  it('ends a program that prints without end, or takes too long', async () => {
    const flood = await runBytes('cat', ['/dev/zero'], { maxBytes: 1024 * 1024 });
    expect(flood).toMatchObject({ exitCode: null, failure: expect.stringContaining('SIGKILL') });
    expect(flood.stdout.length).toBeLessThanOrEqual(1024 * 1024);
    expect(await runBytes('sleep', ['60'], { timeoutMs: 50 })).toMatchObject({ exitCode: null, timedOut: true });
  });

  it('says why nothing could be started, and throws when it is aborted', async () => {
    expect(await runBytes('/no/such/program', [])).toMatchObject({ failure: expect.stringContaining('ENOENT') });
    const aborted = runBytes('true', [], { signal: AbortSignal.abort(new Error('enough')) });
    await expect(aborted).rejects.toThrow('enough');
  });
});

describe('ask', () => {
  it('answers what the program prints, or null when it fails or is not there', () => {
    expect(ask('printf', ['%s', 'a b'])).toBe('a b');
    expect(ask('false', [])).toBeNull();
    expect(ask('no-such-program', [])).toBeNull();
  });
});
