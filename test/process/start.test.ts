// SPDX-License-Identifier: Apache-2.0
import { chmodSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { start } from '../../src/process/start.ts';
import { scratch } from '../fixtures/scratch.ts';

const env = { PATH: '/usr/bin:/bin' };
const { folder } = scratch();

describe('start', () => {
  it('hands over arguments as they are, without a shell in between', async () => {
    const child = start('printf', ['%s|', 'a b', '$HOME', '*', '', 'ü'], { env });
    if (child.stdout === null) throw new Error('no output');
    expect(await text(child.stdout)).toBe('a b|$HOME|*||ü|');
    expect(await child.ended).toEqual({ code: 0, signal: null, failure: null });
  });

  it('gives the program the environment that it is told and no other', async () => {
    const child = start('env', [], { env: { ...env, ONLY: 'this' } });
    if (child.stdout === null) throw new Error('no output');
    expect((await text(child.stdout)).trim().split('\n').sort()).toEqual([`ONLY=this`, `PATH=${env.PATH}`]);
  });

  it('sends both outputs to the log', async () => {
    const log = join(folder(), 'log');
    const logFd = openSync(log, 'a');
    const child = start('sh', ['-c', 'echo out; echo err >&2'], { env, logFd });
    closeSync(logFd);
    await child.ended;
    expect(readFileSync(log, 'utf8')).toBe('out\nerr\n');
  });

  it('says how the program ended', async () => {
    expect(await start('sh', ['-c', 'exit 3'], { env }).ended).toEqual({ code: 3, signal: null, failure: null });
    expect(await start('sh', ['-c', 'kill -9 $$'], { env }).ended).toEqual({
      code: null,
      signal: 'SIGKILL',
      failure: null,
    });
  });

  it.each<[string, (file: string) => [string, string[]], RegExp]>([
    ['does not exist', () => ['/no/such/program', []], /ENOENT/],
    ['is not in PATH', () => ['no-such-program', []], /ENOENT/],
    ['is not executable', (file) => [file, []], /EACCES/],
    ['is below a file', (file) => [join(file, 'program'), []], /ENOTDIR/],
    ['is a folder', () => ['/', []], /EACCES/],
    ['has no name', () => ['', []], /empty/],
    ['has an argument with a NUL byte', () => ['true', ['\0']], /null bytes/],
    ['has an argument that is too long', () => ['true', ['x'.repeat(256 * 1024)]], /E2BIG/],
  ])('does not throw for a program that %s: it has no pid and its end says why', async (_what, command, reason) => {
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    chmodSync(file, 0o644);
    const child = start(...command(file), { env });
    expect(child.pid).toBeUndefined();
    expect(await child.ended).toEqual({ code: null, signal: null, failure: expect.stringMatching(reason) });
  });
});
