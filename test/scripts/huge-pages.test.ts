// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = new URL('../../scripts/quickstart/huge-pages.sh', import.meta.url).pathname;
/** No process has this id: Linux gives out none above 2^22. */
const dead = '4194305';
const alive = String(process.pid);

let root: string;
let pool: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vdpactl-pages-'));
  const folder = join(root, 'sys/kernel/mm/hugepages/hugepages-4kB');
  mkdirSync(folder, { recursive: true });
  pool = join(folder, 'nr_hugepages');
  writeFileSync(pool, '10\n');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const ledger = (): string => join(root, 'ledger');
const pages = (): number => Number(readFileSync(pool, 'utf8'));
const pretend = (count: number): void => writeFileSync(pool, `${count}\n`);

function run(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, VDPACTL_HUGE_PAGES_LEDGER: ledger(), VDPACTL_HUGE_PAGES_SYSFS: join(root, 'sys') };
  const { status, stdout, stderr } = spawnSync(script, args, { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

const setAside = (name: string, pid: string, count: number) => run('set-aside', name, pid, pool, String(count));
const putBack = (name: string) => run('put-back', name);

function expectUntouched(count: number): void {
  expect(pages()).toBe(count);
  expect(existsSync(ledger())).toBe(false);
}

describe('huge pages that are set aside', () => {
  it('are added to those that were there, and go again', () => {
    expect(setAside('a', alive, 5)).toMatchObject({ status: 0, stdout: '10 -> 15\n' });
    expect(putBack('a')).toMatchObject({ status: 0, stdout: '15 -> 10\n' });
    expectUntouched(10);
  });

  it.each([
    ['in the order in which they came', ['a', 'b']],
    ['in the other order', ['b', 'a']],
  ])('by two users are put back %s', (_, order) => {
    setAside('a', alive, 5);
    setAside('b', alive, 7);
    expect(pages()).toBe(22);
    for (const name of order) putBack(name);
    expectUntouched(10);
  });

  it('by a killed user go when the next one comes', () => {
    setAside('killed', dead, 5);
    expect(setAside('next', alive, 7).stdout).toBe('10 -> 17\n');
    putBack('next');
    expectUntouched(10);
  });

  it('by a killed user stay for the same user, and go with it', () => {
    setAside('a', dead, 5);
    expect(setAside('a', alive, 2).stdout).toBe('15 -> 17\n');
    putBack('a');
    expectUntouched(10);
  });

  it('stay when they are to be kept, also for another user', () => {
    setAside('a', dead, 5);
    run('keep', 'a');
    setAside('b', alive, 1);
    putBack('b');
    expect(pages()).toBe(15);
    putBack('a');
    expectUntouched(10);
  });

  it('leave alone what somebody else added meanwhile', () => {
    setAside('a', alive, 5);
    pretend(100);
    putBack('a');
    expectUntouched(95);
  });

  it.each([10, 7])('are not taken away twice when somebody else set the count to %d', (count) => {
    setAside('a', alive, 5);
    pretend(count);
    putBack('a');
    expectUntouched(count);
  });

  it('may be none', () => {
    setAside('a', alive, 0);
    putBack('a');
    expectUntouched(10);
  });

  it('are put back on each node as they were', () => {
    const folder = join(root, 'sys/devices/system/node/node0/hugepages/hugepages-4kB');
    mkdirSync(folder, { recursive: true });
    linkSync(pool, join(folder, 'nr_hugepages'));
    setAside('a', alive, 5);
    putBack('a');
    expectUntouched(10);
  });
});

describe('a refusal', () => {
  it('comes when the same user is at work already', () => {
    setAside('a', '1', 5);
    expect(setAside('a', alive, 5)).toMatchObject({ status: 5, stderr: expect.stringContaining('process 1') });
    expect(pages()).toBe(15);
  });

  it('comes before the machine has no memory left', () => {
    expect(setAside('a', alive, 2 ** 40)).toMatchObject({ status: 5, stderr: expect.stringContaining('to spare') });
    expectUntouched(10);
  });

  it('comes when the kernel has no such pool', () => {
    const { status, stderr } = run('set-aside', 'a', alive, join(root, 'nothing'), '1');
    expect({ status, stderr }).toMatchObject({ status: 5, stderr: expect.stringContaining('cannot write') });
    expectUntouched(10);
  });

  it.each([[[]], [['set-aside']], [['keep', '../x']], [['put-back', 'a', 'b']], [['fly', 'a']]])(
    'comes with usage for %j',
    (args) => {
      expect(run(...args).status).toBe(2);
      expectUntouched(10);
    },
  );

  it('to put back what was never set aside is none', () => {
    expect(putBack('a')).toMatchObject({ status: 0, stdout: '' });
  });
});
