// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeConfigFile } from '../../src/config/write-config-file.ts';
import { messageFrom, put, temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();

function write(name: string, force = false): boolean {
  return writeConfigFile(join(folder, name), 'new\n', { force, shown: name });
}

describe('writeConfigFile', () => {
  it('writes a new file and leaves nothing beside it', () => {
    mkdirSync(join(folder, 'fresh'));
    expect(write('fresh/a.yaml')).toBe(false);
    expect(write('fresh/b.yaml', true)).toBe(false);
    expect(readdirSync(join(folder, 'fresh'))).toEqual(['a.yaml', 'b.yaml']);
    expect(readFileSync(join(folder, 'fresh/a.yaml'), 'utf8')).toBe('new\n');
  });

  it('does not touch a file that is there', async () => {
    put(folder, 'mine.yaml', 'mine\n');
    expect(await messageFrom(() => write('mine.yaml'))).toBe(`\
error VDPA-CONFIG-004: mine.yaml: there is a file of this name already
next: vdpactl init --force replaces it; vdpactl init --stdout prints the config instead
`);
    expect(readFileSync(join(folder, 'mine.yaml'), 'utf8')).toBe('mine\n');
  });

  it('does not write through a link to nowhere', async () => {
    symlinkSync('nowhere', join(folder, 'link'));
    expect(await messageFrom(() => write('link'))).toContain('VDPA-CONFIG-004');
    expect(readdirSync(folder)).not.toContain('nowhere');
  });

  it('replaces with force, keeping the permissions', () => {
    chmodSync(put(folder, 'old.yaml', 'old\n'), 0o600);
    expect(write('old.yaml', true)).toBe(true);
    expect(readFileSync(join(folder, 'old.yaml'), 'utf8')).toBe('new\n');
    expect(statSync(join(folder, 'old.yaml')).mode & 0o777).toBe(0o600);
  });

  it('replaces what a link leads to, not the link', () => {
    put(folder, 'target.yaml', 'old\n');
    symlinkSync('target.yaml', join(folder, 'alias.yaml'));
    write('alias.yaml', true);
    expect(readlinkSync(join(folder, 'alias.yaml'))).toBe('target.yaml');
    expect(readFileSync(join(folder, 'target.yaml'), 'utf8')).toBe('new\n');
  });

  it('never replaces a folder or a pipe', async () => {
    mkdirSync(join(folder, 'sub'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(await messageFrom(() => write('sub', true))).toContain(
      'VDPA-CONFIG-004: sub: there is something of this name that is a folder',
    );
    expect(await messageFrom(() => write('pipe', true))).toContain('that is no ordinary file');
    expect(statSync(join(folder, 'pipe')).isFIFO()).toBe(true);
  });

  it('says why a file cannot be written', async () => {
    put(folder, 'file', '');
    const next = 'next: name a file that you may write, or print it instead: vdpactl init --stdout\n';
    expect(await messageFrom(() => write('none/a.yaml'))).toBe(
      `error VDPA-CONFIG-005: none/a.yaml: the config file cannot be written: its folder does not exist\n${next}`,
    );
    expect(await messageFrom(() => write('file/a.yaml'))).toBe(
      `error VDPA-CONFIG-005: file/a.yaml: the config file cannot be written: a part of its path is not a folder\n${next}`,
    );
  });
});
