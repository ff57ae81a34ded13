// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const script = new URL('../../quickstart', import.meta.url).pathname;
const cwd = mkdtempSync(join(tmpdir(), 'vdpactl-quickstart-'));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

function quickstart(args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const { status, stdout, stderr } = spawnSync(script, args, { cwd, env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** A machine with the tools of a minimal system and neither Node.js nor DPDK. */
function bareMachine(): NodeJS.ProcessEnv {
  const bin = join(cwd, 'bin');
  mkdirSync(bin);
  const tools = [
    'awk',
    'basename',
    'bash',
    'cat',
    'dirname',
    'env',
    'find',
    'id',
    'nproc',
    'sed',
    'sort',
    'stat',
    'uname',
  ];
  for (const tool of tools) {
    const found = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim();
    symlinkSync(found, join(bin, tool));
  }
  // It records that it was called: a dry run must not.
  writeFileSync(join(bin, 'apt-get'), `#!/bin/sh\ntouch ${join(cwd, 'called')}\n`, { mode: 0o755 });
  return { PATH: bin, HOME: cwd };
}

const titles = (stdout: string): string[] =>
  [...stdout.matchAll(/^\[\d+\/\d+\] (.*?) \.\.\. /gm)].map((step) => step[1] ?? '');

describe('./quickstart', () => {
  it('explains itself', () => {
    const { status, stdout } = quickstart(['--help']);
    expect(status).toBe(0);
    for (const flag of ['--yes', '--keep', '--install-only', '--dry-run']) expect(stdout).toContain(flag);
  });

  it.each([['--bogus'], ['deploy'], ['--yes=1'], ['']])('refuses the argument %j with its usage', (argument) => {
    const { status, stdout, stderr } = quickstart([argument]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(`unknown argument: ${argument}`);
    expect(stderr).toContain('usage: ./quickstart');
  });

  it('prints every step and does none in a dry run, also where nothing is installed', () => {
    const { status, stdout, stderr } = quickstart(['--dry-run'], bareMachine());
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(titles(stdout)).toEqual([
      'Look at this machine',
      'Packages',
      'Node.js',
      'Libraries',
      'Build',
      'Huge pages',
      'Deploy the stack',
      expect.stringContaining('Measure'),
      'Remove the stack',
      'Put huge pages back',
    ]);
    for (const what of ['npm', 'make', 'dpdk-dev', 'bench --workload l3fwd', 'destroy']) expect(stdout).toContain(what);
    expect(spawnSync('ls', [cwd], { encoding: 'utf8' }).stdout).toBe('bin\n');
  });

  it.each([
    [['--install-only'], 'Build'],
    [['--keep'], 'Measure l3fwd on it (about half a minute)'],
  ])('%j ends with %s', (flags, last) => {
    const { stdout } = quickstart([...flags, '--dry-run']);
    expect(titles(stdout).at(-1)).toBe(last);
  });
});
