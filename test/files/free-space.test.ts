// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freeSpace, isFull } from '../../src/files/free-space.ts';

describe('freeSpace', () => {
  it('answers for a path that does not exist by the nearest folder that does', () => {
    expect(freeSpace(join(tmpdir(), 'not', 'there', 'at all'))?.mib).toBeGreaterThan(0);
    expect(freeSpace('/')?.mib).toBeGreaterThanOrEqual(0);
  });

  it.runIf(existsSync('/proc/self'))('sees that nothing can be written to a file system without room', () => {
    expect(freeSpace('/proc/not/there')).toEqual({ mib: 0, files: null });
    expect(isFull('/proc')).toBe(true);
    expect(isFull(tmpdir())).toBe(false);
  });
});
