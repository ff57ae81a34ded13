// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type RunDir, runDir, specFile, statusFile } from '../../dataplane/contract/run-dir.ts';
import { readSpecs } from '../../dataplane/contract/spec-store.ts';
import { VdpaError } from '../../src/errors/vdpa-error.ts';
import { checkRunDir, readStack, removeRunDir, runDirExists, writeStack } from '../../src/local/stack-files.ts';
import { localStack } from '../fixtures/local-stack.ts';
import { scratch } from '../fixtures/scratch.ts';
import { tinyDisk } from '../fixtures/tiny-disk.ts';

const { folder } = scratch();
let dir: RunDir;

beforeEach(() => {
  dir = runDir(join(folder(), 'run'));
});

function refusal(work: () => void): string {
  try {
    work();
  } catch (error) {
    if (error instanceof VdpaError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'accepted';
}
const check = (): string => refusal(() => checkRunDir(dir));
const wanted = (): string[] => [...readSpecs(dir).keys()];

describe('writing a stack', () => {
  it('makes everything that the daemons need, and can be read back', () => {
    expect(readStack(dir)).toBeNull();
    expect(runDirExists(dir)).toBe(false);
    const stack = localStack(dir.root, { devices: 2 });
    writeStack(dir, stack);
    expect(runDirExists(dir)).toBe(true);
    expect(readStack(dir)).toEqual({
      schemaVersion: 'vdpactl/v1',
      kind: 'LocalStack',
      decision: { provider: 'local', backend: 'testpmd' },
      backends: stack.backends,
      cpus: stack.cpus,
    });
    expect(JSON.parse(readFileSync(dir.stack, 'utf8'))).toEqual(JSON.parse(JSON.stringify(stack)));
    expect(wanted()).toEqual(['local0', 'local1']);
    expect(readdirSync(dir.root).sort()).toEqual(['backends', 'dev', 'log', 'stack.json', 'wires', 'workloads']);
  });

  it('is done again without a change, and takes back what is wanted no more, damaged or not', () => {
    writeStack(dir, localStack(dir.root, { devices: 3 }));
    writeFileSync(statusFile(dir, 'local2'), '{}');
    writeFileSync(specFile(dir, 'local1'), 'damaged');
    writeStack(dir, localStack(dir.root, { devices: 1 }));
    expect(readdirSync(dir.backends).sort()).toEqual(['local0.json', 'local2.status.json']);
    writeStack(dir, localStack(dir.root, { devices: 1 }));
    expect(wanted()).toEqual(['local0']);
    expect(readStack(dir)?.backends).toHaveLength(1);
  });

  it('says what is in the way', () => {
    mkdirSync(dir.root);
    writeFileSync(dir.stack, '{}');
    writeFileSync(dir.backends, 'no folder');
    expect(refusal(() => writeStack(dir, localStack(dir.root)))).toMatch(/^VDPA-RUNDIR-001 it cannot be written: /);
  });

  it('says that the disk is full, and goes on once it is not', (test) => {
    const disk = tinyDisk(16 * 4096);
    if (disk === null) return test.skip('needs root, to mount a file system that is full');
    try {
      dir = runDir(join(disk.folder, 'run'));
      expect(() => writeFileSync(join(disk.folder, 'ballast'), Buffer.alloc(1024 * 1024))).toThrow(/ENOSPC/);
      expect(refusal(() => writeStack(dir, localStack(dir.root)))).toMatch(/^VDPA-DISK-001 /);
      rmSync(join(disk.folder, 'ballast'));
      expect(check()).toBe('accepted');
      writeStack(dir, localStack(dir.root));
      expect(wanted()).toEqual(['local0']);
      removeRunDir(dir);
      expect(readdirSync(disk.folder)).toEqual([]);
    } finally {
      disk.remove();
    }
  });
});

describe('reading a stack', () => {
  it.each(['', '{', '{}', '{"schemaVersion":"vdpactl/v0","kind":"LocalStack"}'])('answers null for %j', (text) => {
    mkdirSync(dir.root);
    writeFileSync(dir.stack, text);
    expect(readStack(dir)).toBeNull();
  });
});

describe('a run directory', () => {
  it('is fine when there is nothing yet, or nothing in it', () => {
    expect(check()).toBe('accepted');
    mkdirSync(dir.root);
    expect(check()).toBe('accepted');
  });

  it('is fine with all that ever is in one', () => {
    writeStack(dir, localStack(dir.root));
    for (const path of [dir.bench, dir.dpdk]) mkdirSync(path);
    writeFileSync(dir.grpcSocket, '');
    expect(check()).toBe('accepted');
  });

  it.each<[string, () => void, RegExp]>([
    ['is relative', () => (dir = runDir('run')), /an absolute path/],
    ['has a name that DPDK would take apart', () => (dir = runDir('/run/a,b')), /letters, digits/],
    ['is a file', () => writeFileSync(dir.root, ''), /not a folder/],
    ['is a link', () => symlinkSync(folder(), dir.root), /not a folder/],
    ['is a link that leads nowhere', () => symlinkSync('/nowhere', dir.root), /not a folder/],
    ['holds a file of others', () => writeFileSync(join(dir.root, 'notes.txt'), ''), /put there: notes\.txt$/],
    ['holds folders of others that are called like ours', () => mkdirSync(dir.logs), /holds log, and no stack\.json/],
    ['is the root of the system', () => (dir = runDir('/')), /put there: /],
  ])('is refused when it %s', (_what, make, reason) => {
    if (/holds/.test(_what)) mkdirSync(dir.root);
    make();
    expect(check()).toMatch(/^VDPA-RUNDIR-001 /);
    expect(check()).toMatch(reason);
    if (dir.root.startsWith(folder())) expect(refusal(() => writeStack(dir, localStack('/run/x')))).toBe(check());
  });

  it('is removed whole, links not followed, and again when there is none', () => {
    writeStack(dir, localStack(dir.root));
    const precious = join(folder(), 'precious');
    mkdirSync(precious);
    writeFileSync(join(precious, 'file'), '');
    symlinkSync(precious, join(dir.devices, 'local0'));
    writeFileSync(join(dir.root, 'stack.json.4711.tmp'), '{');
    removeRunDir(dir);
    expect(existsSync(dir.root)).toBe(false);
    expect(readdirSync(precious)).toEqual(['file']);
    removeRunDir(dir);
  });

  it('is not removed with something of others in it', () => {
    writeStack(dir, localStack(dir.root));
    writeFileSync(join(dir.root, 'notes.txt'), '');
    expect(() => removeRunDir(dir)).toThrow(expect.objectContaining({ code: 'ENOTEMPTY' }));
    expect(readdirSync(dir.root)).toEqual(['notes.txt']);
  });
});

describe('what a killed run leaves', () => {
  it.each<[string, () => void]>([
    ['a folder', () => mkdirSync(dir.root)],
    [
      'a half-written stack',
      () => {
        mkdirSync(dir.root);
        writeFileSync(join(dir.root, 'stack.json.4711.tmp'), '{');
      },
    ],
    [
      'a stack without its folders',
      () => {
        writeStack(dir, localStack(dir.root));
        for (const path of [dir.backends, dir.logs, dir.devices]) rmSync(path, { recursive: true });
      },
    ],
    [
      'a half-removed stack',
      () => {
        writeStack(dir, localStack(dir.root));
        for (const name of readdirSync(dir.root))
          if (name !== 'stack.json') rmSync(join(dir.root, name), { recursive: true });
      },
    ],
    [
      'a stack that cannot be read',
      () => {
        writeStack(dir, localStack(dir.root));
        writeFileSync(dir.stack, '{');
      },
    ],
  ])('%s: the next run deploys over it, or removes it', (_what, leave) => {
    leave();
    expect(check()).toBe('accepted');
    writeStack(dir, localStack(dir.root));
    expect(wanted()).toEqual(['local0']);
    rmSync(dir.root, { recursive: true });
    leave();
    expect(check()).toBe('accepted');
    removeRunDir(dir);
    expect(runDirExists(dir)).toBe(false);
  });
});
