// SPDX-License-Identifier: Apache-2.0
import { closeSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { capLog, logSize, logTail, maxLogBytes, openLog } from '../../src/files/capped-log.ts';
import { start } from '../../src/process/start.ts';
import { scratch } from '../fixtures/scratch.ts';
import { tinyDisk } from '../fixtures/tiny-disk.ts';

const { folder } = scratch();
const line = (number: number): string => `line ${String(number).padStart(10, '0')}\n`;
const lines = (from: number, count: number): string =>
  Array.from({ length: count }, (_, index) => line(from + index)).join('');
const lineBytes = line(0).length;
const many = Math.ceil(maxLogBytes / lineBytes) + 100;

describe('capLog', () => {
  it('leaves a log alone that is not too large', () => {
    const path = join(folder(), 'a.log');
    writeFileSync(path, 'x'.repeat(maxLogBytes));
    capLog(path);
    expect(logSize(path)).toBe(maxLogBytes);
    expect(existsSync(`${path}.1`)).toBe(false);
  });

  it('keeps the end of one that is, once', () => {
    const path = join(folder(), 'a.log');
    for (const first of [0, 1_000_000]) {
      writeFileSync(path, lines(first, many));
      capLog(path);
      expect(logSize(path)).toBe(0);
      expect(statSync(`${path}.1`).size).toBe(maxLogBytes);
      expect(readFileSync(`${path}.1`, 'utf8').endsWith(line(first + many - 1))).toBe(true);
    }
    expect(readdirSync(folder()).sort()).toEqual(['a.log', 'a.log.1']);
  });

  it('cuts under a writer, who goes on at the start of the file and not behind a hole', async () => {
    const path = join(folder(), 'a.log');
    writeFileSync(path, 'x'.repeat(maxLogBytes + 1));
    const logFd = openLog(path);
    const writer = start('sh', ['-c', 'while :; do echo abcdefg; done'], { env: { PATH: process.env['PATH'] }, logFd });
    closeSync(logFd);
    try {
      await expect.poll(() => logSize(path)).toBeGreaterThan(maxLogBytes + 1000);
      capLog(path);
      await expect.poll(() => logSize(path)).toBeGreaterThan(1000);
    } finally {
      if (writer.pid !== undefined) process.kill(writer.pid, 'SIGKILL');
      await writer.ended;
    }
    expect(readFileSync(path, 'utf8')).toMatch(/^(abcdefg\n)+$/);
    expect(readFileSync(`${path}.1`, 'utf8')).toMatch(/^x+(abcdefg\n)+$/);
  });

  it('makes room on a disk that the log itself has filled', (test) => {
    const disk = tinyDisk(maxLogBytes + 64 * 1024);
    if (disk === null) return test.skip('needs root, to mount a file system that is full');
    try {
      const path = join(disk.folder, 'a.log');
      expect(() => writeFileSync(path, 'x'.repeat(2 * maxLogBytes))).toThrow(/ENOSPC/);
      capLog(path);
      expect(logSize(path)).toBe(0);
      expect(readdirSync(disk.folder)).toEqual(['a.log']);
      writeFileSync(path, 'room again');
    } finally {
      disk.remove();
    }
  });

  it('never throws', () => {
    mkdirSync(join(folder(), 'folder'));
    capLog(join(folder(), 'none'));
    capLog(join(folder(), 'folder'), 0);
  });
});

describe('logTail', () => {
  it('answers the end, from where one began to look', () => {
    const path = join(folder(), 'a.log');
    writeFileSync(path, 'before\nafter\n');
    expect(logTail(path, 100)).toBe('before\nafter\n');
    expect(logTail(path, 6)).toBe('after\n');
    expect(logTail(path, 100, 7)).toBe('after\n');
    expect(logTail(path, 3, 7)).toBe('er\n');
  });

  it('begins at the start of a log that was cut in between', () => {
    const path = join(folder(), 'a.log');
    writeFileSync(path, 'new\n');
    expect(logTail(path, 100, 1_000)).toBe('new\n');
  });

  it('is empty where there is no log', () => {
    expect(logTail(join(folder(), 'none'), 100)).toBe('');
    expect(logTail(folder(), 100)).toBe('');
    expect(logSize(join(folder(), 'none'))).toBe(0);
  });
});
