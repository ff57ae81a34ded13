// SPDX-License-Identifier: Apache-2.0
import { accessSync, constants } from 'node:fs';
import { expect, it } from 'vitest';
import { findProgram } from '../../src/platform/dpdk.ts';
import { cliPath, startProgram, transcript } from './helpers/cli.ts';
import { describeLocal, useStack } from './helpers/stack.ts';

const controlSequence = '\u001b';

describeLocal('what is printed', () => {
  const stack = useStack();

  it('is progress on standard error, as lines, as JSON or not at all, and data on standard output', async () => {
    const plain = await stack().run('deploy', ['--progress', 'plain']);
    expect(plain.code, transcript(plain)).toBe(0);
    expect(plain.stderr).toMatch(/^- Looking at this machine\n- Writing the stack to /);
    expect(plain.stdout).toMatch(/^deployed to /);
    expect(plain.stdout + plain.stderr).not.toContain(controlSequence);

    const json = await stack().run('deploy', ['--progress', 'json']);
    const events = json.stderr
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(events[0]).toMatchObject({ schemaVersion: 'vdpactl/v1', type: 'step', text: 'Looking at this machine' });
    expect(json.stdout).toMatch(/^nothing to do/);

    const none = await stack().run('destroy', ['--progress', 'none']);
    expect(none.stderr, transcript(none)).toBe('');
    expect(none.stdout).toMatch(/^removed /);
  });

  it('goes on when its reader has gone', async () => {
    const shell = findProgram('bash', process.env);
    if (shell === null) throw new Error('no bash');
    const piped = (line: string) =>
      stack().own(
        startProgram([shell, '-c', `set -o pipefail; ${line}`, process.execPath, cliPath, stack().root], {
          cwd: stack().cwd,
        }),
      ).ended;
    const firstLine = await piped('"$0" "$1" deploy --run-dir "$2" 2>&1 | head -n 1');
    expect(firstLine.stdout).toBe('- Looking at this machine\n');
    expect(firstLine.code, transcript(firstLine)).toBe(0);
    expect(await stack().status()).toMatchObject({ state: 'healthy' });

    const head = await piped('"$0" "$1" detect -o json | head -n 1');
    expect(head, transcript(head)).toMatchObject({ code: 0, stdout: '{\n', stderr: '' });
    const nobody = await piped('"$0" "$1" schema | true');
    expect(nobody, transcript(nobody)).toMatchObject({ code: 0, stderr: '' });
  });

  it('says when standard output is full', async (context) => {
    try {
      accessSync('/dev/full', constants.W_OK);
    } catch {
      return context.skip('there is no /dev/full here');
    }
    const line = '"$0" "$1" detect >/dev/full';
    const program = startProgram(['bash', '-c', line, process.execPath, cliPath], { cwd: stack().cwd });
    const result = await stack().own(program).ended;
    expect(result.code, transcript(result)).toBe(5);
    expect(result.stderr).toContain('error VDPA-DISK-001: standard output: ');
  });

  it('on a terminal ends with the error and the next step, in colour unless NO_COLOR says otherwise', async (context) => {
    const script = findProgram('script', process.env);
    if (script === null) return context.skip('there is no script(1) to make a terminal');
    const onTerminal = async (env: NodeJS.ProcessEnv) => {
      const { CI: _, FORCE_COLOR: __, NO_COLOR: ___, ...rest } = process.env;
      const line = `stty cols 100; ${process.execPath} ${cliPath} deploy --run-dir ${stack().root} --interface nosuch0`;
      const argv = [script, '-qfec', line, '/dev/null'] as const;
      const options = { cwd: stack().cwd, env: { ...rest, TERM: 'xterm', SHELL: '/bin/sh', ...env } };
      return stack().own(startProgram(argv, options)).ended;
    };
    const coloured = await onTerminal({});
    expect(coloured.code, transcript(coloured)).toBe(2);
    expect(coloured.stdout).toContain(`${controlSequence}[1;31merror VDPA-WIRE-001${controlSequence}[0m: nosuch0: `);
    const failed = coloured.stdout.lastIndexOf('Looking at this machine');
    expect(failed).toBeGreaterThan(-1);
    expect(coloured.stdout.indexOf('error VDPA-WIRE-001')).toBeGreaterThan(failed);

    const plain = await onTerminal({ NO_COLOR: '1' });
    expect(plain.stdout).toContain('error VDPA-WIRE-001: nosuch0: ');
    expect(plain.stdout).not.toContain(`${controlSequence}[1;31m`);

    // A container's terminal has no size before anybody has looked at it.
    const line = `${process.execPath} ${cliPath} deploy --run-dir ${stack().root} --interface nosuch0`;
    const sizeless = startProgram([script, '-qfec', line, '/dev/null'], { cwd: stack().cwd });
    const result = await stack().own(sizeless).ended;
    expect(result.code, transcript(result).slice(0, 2000)).toBe(2);
  });
});
