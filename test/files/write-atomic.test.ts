// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VdpaError } from '../../src/errors/vdpa-error.ts';
import { readTextFile, writeFileAtomic } from '../../src/files/write-atomic.ts';
import { ask } from '../../src/process/ask.ts';
import { scratch } from '../fixtures/scratch.ts';
import { tinyDisk } from '../fixtures/tiny-disk.ts';

const { folder } = scratch();

function errorOf(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

describe('writeFileAtomic', () => {
  it('writes, replaces, and leaves no other file', () => {
    const path = join(folder(), 'a.json');
    writeFileAtomic(path, 'one');
    writeFileAtomic(path, 'zwei ü');
    expect(readFileSync(path, 'utf8')).toBe('zwei ü');
    expect(readdirSync(folder())).toEqual(['a.json']);
  });

  it('gives the file the mode that it is told', () => {
    const path = join(folder(), 'secret');
    writeFileAtomic(path, 'x', 0o600);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('replaces a link and does not write through it', () => {
    const victim = join(folder(), 'victim');
    writeFileSync(victim, 'untouched');
    symlinkSync(victim, join(folder(), 'link'));
    symlinkSync(victim, join(folder(), `link.${process.pid}.tmp`));
    writeFileAtomic(join(folder(), 'link'), 'new');
    expect(readFileSync(victim, 'utf8')).toBe('untouched');
    expect(readFileSync(join(folder(), 'link'), 'utf8')).toBe('new');
  });

  it('leaves the old text and no other file when it fails', () => {
    mkdirSync(join(folder(), 'taken', 'below'), { recursive: true });
    expect(errorOf(() => writeFileAtomic(join(folder(), 'taken'), 'x'))).toMatchObject({ code: 'EISDIR' });
    expect(readdirSync(folder())).toEqual(['taken']);
    expect(errorOf(() => writeFileAtomic(join(folder(), 'no', 'such'), 'x'))).toMatchObject({ code: 'ENOENT' });
  });

  it('says what to do on a full disk and on a read-only one, and keeps the old text', (test) => {
    const disk = tinyDisk(16 * 1024);
    if (disk === null) return test.skip('needs root, to mount a file system that is full');
    try {
      const path = join(disk.folder, 'stack.json');
      writeFileAtomic(path, 'old');
      const full = errorOf(() => writeFileAtomic(path, 'x'.repeat(64 * 1024)));
      expect(full).toBeInstanceOf(VdpaError);
      expect(full).toMatchObject({
        code: 'VDPA-DISK-001',
        where: path,
        message: 'there is no room left on the device',
      });
      expect(readdirSync(disk.folder)).toEqual(['stack.json']);
      disk.makeReadOnly();
      expect(errorOf(() => writeFileAtomic(path, 'new'))).toMatchObject({
        code: 'VDPA-DISK-001',
        message: 'the file system is read-only',
      });
      expect(readFileSync(path, 'utf8')).toBe('old');
    } finally {
      disk.remove();
    }
  });
});

describe('readTextFile', () => {
  it('reads a file of ours', () => {
    const path = join(folder(), 'file');
    writeFileSync(path, 'ü\n');
    expect(readTextFile(path)).toBe('ü\n');
  });

  it('answers null, without waiting, for what is no file of ours', () => {
    const fifo = join(folder(), 'fifo');
    expect(ask('mkfifo', [fifo])).toBe('');
    writeFileSync(join(folder(), 'large'), 'x'.repeat(11));
    symlinkSync('loop', join(folder(), 'loop'));
    expect(readTextFile(fifo)).toBeNull();
    expect(readTextFile(folder())).toBeNull();
    expect(readTextFile(join(folder(), 'loop'))).toBeNull();
    expect(readTextFile(join(folder(), 'none'))).toBeNull();
    expect(readTextFile(join(folder(), 'large'), 10)).toBeNull();
    expect(readTextFile('/dev/zero')).toBeNull();
  });
});
