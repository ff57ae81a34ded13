// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { initCommand } from '../../src/commands/init.ts';
import { configTemplate } from '../../src/config/template.ts';
import { messageFrom, put, temporaryFolder } from '../config/temporary-folder.ts';
import { runCommand } from './run-command.ts';

const folder = temporaryFolder();

describe('vdpactl init', () => {
  it('writes vdpactl.yaml and says what to do with it', async () => {
    const cwd = mkdtempSync(join(folder, 'a-'));
    expect(await runCommand(initCommand(), [], cwd)).toBe(
      'wrote vdpactl.yaml; edit it, then see what it makes: vdpactl render\n',
    );
    expect(readFileSync(join(cwd, 'vdpactl.yaml'), 'utf8')).toBe(configTemplate());
  });

  it('writes the file that was named', async () => {
    const cwd = mkdtempSync(join(folder, 'b-'));
    expect(await runCommand(initCommand(), ['node.yaml'], cwd)).toBe(
      'wrote node.yaml; edit it, then see what it makes: vdpactl render --config node.yaml\n',
    );
    expect(existsSync(join(cwd, 'vdpactl.yaml'))).toBe(false);
  });

  it('replaces a file only when told to', async () => {
    const cwd = mkdtempSync(join(folder, 'c-'));
    put(cwd, 'vdpactl.yaml', 'mine\n');
    expect(await messageFrom(() => runCommand(initCommand(), [], cwd))).toContain('VDPA-CONFIG-004: vdpactl.yaml');
    expect(readFileSync(join(cwd, 'vdpactl.yaml'), 'utf8')).toBe('mine\n');
    expect(JSON.parse(await runCommand(initCommand(), ['--force', '-o', 'json'], cwd))).toEqual({
      schemaVersion: 'vdpactl/v1',
      path: join(cwd, 'vdpactl.yaml'),
      replaced: true,
      text: null,
    });
  });

  it('prints the config and writes nothing with --stdout', async () => {
    const cwd = mkdtempSync(join(folder, 'd-'));
    expect(await runCommand(initCommand(), ['--stdout'], cwd)).toBe(configTemplate());
    expect(JSON.parse(await runCommand(initCommand(), ['--stdout', '-o', 'json'], cwd))).toMatchObject({
      schemaVersion: 'vdpactl/v1',
      text: configTemplate(),
    });
    expect(existsSync(join(cwd, 'vdpactl.yaml'))).toBe(false);
  });

  it('does not guess what --stdout with a file means', async () => {
    expect(await messageFrom(() => runCommand(initCommand(), ['--stdout', 'a.yaml'], folder))).toBe(
      'error VDPA-USAGE-001: --stdout writes no file, but a.yaml was named\nnext: leave out one of the two\n',
    );
    await expect(runCommand(initCommand(), ['--stdout', '--force'], folder)).rejects.toThrow(/cannot be used with/);
  });
});
