// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { installPlugin } from '../../../dataplane/agent/install-plugin.ts';
import { installedFilesSchema } from '../../../dataplane/contract/installed-files.ts';
import { type RunDir, runDir } from '../../../dataplane/contract/run-dir.ts';
import { scratch } from '../../fixtures/scratch.ts';

const { folder } = scratch();
let dir: RunDir;
let binary: string;
let bin: string;
beforeEach(() => {
  dir = runDir(join(folder(), 'run'));
  binary = join(folder(), 'plugin');
  bin = join(folder(), 'opt', 'cni', 'bin');
  writeFileSync(binary, 'one');
});

const recorded = () =>
  installedFilesSchema.parse(JSON.parse(readFileSync(join(dir.root, 'installed.json'), 'utf8'))).files;
const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const path = () => join(bin, 'vdpa');

describe('installing the CNI plugin', () => {
  it('puts it there, as a program, and records that', () => {
    expect(installPlugin(dir, binary, bin)).toBe(true);
    expect(readFileSync(path(), 'utf8')).toBe('one');
    expect(statSync(path()).mode & 0o777).toBe(0o755);
    expect(recorded()).toEqual([{ path: path(), sha256: hash('one') }]);
  });

  it('changes nothing where it is there', () => {
    installPlugin(dir, binary, bin);
    const before = statSync(path());
    expect(installPlugin(dir, binary, bin)).toBe(false);
    expect(statSync(path()).ino).toBe(before.ino);
    expect(recorded()).toHaveLength(1);
  });

  it('replaces an older one by a rename, and remembers both', () => {
    installPlugin(dir, binary, bin);
    const before = statSync(path());
    writeFileSync(binary, 'two');
    expect(installPlugin(dir, binary, bin)).toBe(true);
    expect(readFileSync(path(), 'utf8')).toBe('two');
    expect(statSync(path()).ino).not.toBe(before.ino);
    expect(recorded().map(({ sha256 }) => sha256)).toEqual([hash('one'), hash('two')]);
    expect(readdirSync(bin)).toEqual(['vdpa']);
  });

  it('puts it back where somebody has taken it away, changed it, or made it no program', () => {
    installPlugin(dir, binary, bin);
    writeFileSync(path(), 'else');
    expect(installPlugin(dir, binary, bin)).toBe(true);
    chmodSync(path(), 0o644);
    expect(installPlugin(dir, binary, bin)).toBe(true);
    expect(readFileSync(path(), 'utf8')).toBe('one');
    expect(statSync(path()).mode & 0o777).toBe(0o755);
  });

  it('takes away what an agent that was killed had begun, and nothing else', () => {
    mkdirSync(bin, { recursive: true });
    for (const name of ['vdpa.77.tmp', 'vdpa.conf', 'bridge']) writeFileSync(join(bin, name), '');
    installPlugin(dir, binary, bin);
    expect(readdirSync(bin).sort()).toEqual(['bridge', 'vdpa', 'vdpa.conf']);
  });

  it('records before it installs, and installs nothing that it cannot record', () => {
    writeFileSync(dir.root, 'no folder');
    expect(() => installPlugin(dir, binary, bin)).toThrow();
    expect(existsSync(path())).toBe(false);
  });

  it('forgets nothing that another version has recorded', () => {
    installPlugin(dir, binary, bin);
    const files = [...recorded(), { path: '/opt/cni/bin/vdpa-tap', sha256: hash('tap'), mode: 1 }, 'what is this'];
    const later = { schemaVersion: 'vdpactl/v2', kind: 'InstalledFiles', files };
    writeFileSync(join(dir.root, 'installed.json'), JSON.stringify(later));
    writeFileSync(binary, 'two');
    installPlugin(dir, binary, bin);
    expect(recorded().map(({ sha256 }) => sha256)).toEqual([hash('tap'), hash('one'), hash('two')]);
  });

  it('starts a new list where the old one is damaged, and keeps it short', () => {
    mkdirSync(dir.root);
    writeFileSync(join(dir.root, 'installed.json'), '{');
    for (let index = 0; index < 40; index += 1) {
      writeFileSync(binary, `version ${index}`);
      installPlugin(dir, binary, bin);
    }
    expect(recorded()).toHaveLength(32);
    expect(recorded().at(-1)?.sha256).toBe(hash('version 39'));
  });
});
