// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/files/make-folder.ts';
import { temporaryFolder } from '../config/temporary-folder.ts';

describe('makeFolder', () => {
  const home = temporaryFolder();

  it('makes what is missing and answers the first of it', () => {
    expect(makeFolder(join(home, 'a', 'b', 'c'), 0o700)).toBe(join(home, 'a'));
    expect(statSync(join(home, 'a', 'b', 'c')).mode & 0o777).toBe(0o700);
    expect(makeFolder(join(home, 'a', 'b', 'd'))).toBe(join(home, 'a', 'b', 'd'));
    expect(makeFolder(join(home, 'a', 'b'))).toBeNull();
    symlinkSync(join(home, 'a'), join(home, 'link'));
    expect(makeFolder(join(home, 'link'))).toBeNull();
    expect(makeFolder(join(home, 'link', 'e'))).toBe(join(home, 'link', 'e'));
    expect(makeFolder('/')).toBeNull();
  });

  it('refuses what cannot be a folder, and leaves nothing behind', () => {
    writeFileSync(join(home, 'file'), '');
    symlinkSync(join(home, 'nowhere'), join(home, 'dangling'));
    expect(() => makeFolder(join(home, 'file'))).toThrow('EEXIST');
    expect(() => makeFolder(join(home, 'file', 'a'))).toThrow('ENOTDIR');
    expect(() => makeFolder(join(home, 'dangling'))).toThrow('ENOENT');
    expect(() => makeFolder(join(home, 'new', 'x'.repeat(300)))).toThrow('ENAMETOOLONG');
    expect(existsSync(join(home, 'new'))).toBe(false);
    expect(existsSync(join(home, 'nowhere'))).toBe(false);
    expect(readdirSync(home).sort()).toEqual(['a', 'dangling', 'file', 'link']);
  });

  it.runIf(existsSync('/proc/self'))('returns where the kernel makes no folders', () => {
    expect(() => makeFolder('/proc/nowhere/deeper')).toThrow('ENOENT');
  });
});
