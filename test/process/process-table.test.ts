// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  endProcesses,
  hasEnded,
  identify,
  isAlive,
  markedProcesses,
  type ProcessId,
  parseStat,
  processesMarked,
  processVariable,
  signalProcess,
} from '../../src/process/process-table.ts';
import { scratch } from '../fixtures/scratch.ts';

const { folder, startMarked } = scratch();

function identified(pid: number): ProcessId {
  const id = identify(pid);
  if (id === null) throw new Error(`process ${pid} is not there`);
  return id;
}

describe('parseStat', () => {
  const states = ['R', 'S', 'D', 'Z', 'T', 't', 'X', 'I'] as const;
  const numbers = fc.array(fc.nat(), { minLength: 18, maxLength: 18 });
  const later = fc.array(fc.nat(), { maxLength: 30 });

  it('reads past any command name', () => {
    const name = fc.oneof(fc.string(), fc.constantFrom(') S 1 1', '(((', ')))', 'a\nb) R', ' ', ''));
    fc.assert(
      fc.property(
        fc.nat(),
        name,
        fc.constantFrom(...states),
        numbers,
        fc.nat(),
        later,
        (pid, comm, state, between, ticks, rest) => {
          const line = `${[`${pid} (${comm}) ${state}`, ...between, ticks, ...rest].join(' ')}\n`;
          expect(parseStat(line)).toEqual({ state, threads: between[16], startTicks: ticks });
        },
      ),
    );
  });

  it('answers null, and never throws, for what is no such line', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const stat = parseStat(text);
        if (stat !== null) expect(Number.isSafeInteger(stat.startTicks) && stat.startTicks >= 0).toBe(true);
      }),
    );
    for (const text of [
      '',
      '1 (sh) S',
      '1 sh S 1',
      `1 (sh) S ${'1 '.repeat(18)}-5`,
      `1 (sh) S ${'1 '.repeat(18)}1e3`,
    ]) {
      expect(parseStat(text)).toBeNull();
    }
  });
});

describe('hasEnded', () => {
  it.each([
    ['runs', 'R', 4, false],
    ['sleeps', 'S', 1, false],
    ['waits to be collected', 'Z', 1, true],
    ['is gone', 'X', 0, true],
    ['has threads that still hold its memory', 'Z', 2, false],
  ])('of one that %s: %s with %i threads', (_what, state, threads, ended) => {
    expect(hasEnded({ state, threads, startTicks: 1 })).toBe(ended);
  });
});

describe('a process', () => {
  it('is alive until it ends, a zombie not counted', async () => {
    const child = startMarked('x', 'sleep', ['60']);
    const id = identified(child.pid);
    expect(id).toEqual({ pid: child.pid, startTicks: expect.any(Number) });
    expect(isAlive(id)).toBe(true);
    expect(signalProcess(id, 'SIGKILL')).toBe(true);
    await child.ended;
    expect(identify(child.pid)).toBeNull();
    expect(isAlive(id)).toBe(false);
    expect(signalProcess(id, 'SIGKILL')).toBe(false);
    // A shell that does not collect its child keeps a zombie.
    const shell = startMarked('x', 'sh', ['-c', 'true & echo $!; exec sleep 60']);
    const zombie = await new Promise<number>((resolve) => shell.stdout?.once('data', (pid) => resolve(Number(pid))));
    await expect.poll(() => identify(zombie)).toBeNull();
    expect(signalProcess({ pid: zombie, startTicks: 0 }, 'SIGTERM')).toBe(false);
  });

  it('is not taken for a later one with the same id', async () => {
    const child = startMarked('x', 'sleep', ['60']);
    const id = identified(child.pid);
    const earlier = { pid: id.pid, startTicks: id.startTicks - 1 };
    expect(isAlive(earlier)).toBe(false);
    expect(signalProcess(earlier, 'SIGKILL')).toBe(false);
    expect(await endProcesses([earlier], 50)).toEqual([]);
    expect(isAlive(id)).toBe(true);
  });

  it('is found by its marker with its role, whatever the characters of the folder, and by no other', () => {
    const root = `${folder()}/ä@b=c d`;
    const one = startMarked('backend:local0', 'sleep', ['60'], root);
    const two = startMarked('agent', 'sleep', ['60'], root);
    const found = markedProcesses(root).map(({ pid, role }) => ({ pid, role }));
    expect(found).toHaveLength(2);
    expect(found).toEqual(
      expect.arrayContaining([
        { pid: one.pid, role: 'backend:local0' },
        { pid: two.pid, role: 'agent' },
      ]),
    );
    expect(markedProcesses(`${root}/`)).toEqual([]);
    expect(processVariable(one.pid, 'VDPACTL_PROCESS')).toBe(`backend:local0@${root}`);
    expect(processVariable(one.pid, 'VDPACTL')).toBeNull();
    for (const child of [one, two]) process.kill(child.pid, 'SIGKILL');
  });

  it('is found by its whole mark, in whichever container it is', () => {
    const root = folder();
    const child = startMarked('device-plugin', 'sleep', ['60'], root);
    expect(processesMarked(`device-plugin@${root}`).map(({ pid }) => pid)).toEqual([child.pid]);
    expect(processesMarked(`device-plugin@${root}/`)).toEqual([]);
    process.kill(child.pid, 'SIGKILL');
  });

  it.skipIf(process.getuid?.() !== 0)(
    'of a container that has another folder by the same path is not ours',
    async () => {
      const parent = folder();
      const root = `${parent}/stack`;
      // A mount name space of its own, as a container has: the same path is another folder there.
      const script = `mount -t tmpfs tmpfs '${parent}' && touch '${parent}/ready' && exec sleep 60`;
      const other = startMarked('agent', 'unshare', ['-m', 'sh', '-c', script], root);
      while (!existsSync(`/proc/${other.pid}/root${parent}/ready`)) await sleep(10);
      const ours = startMarked('supervisor', 'sleep', ['60'], root);
      expect(markedProcesses(root).map(({ role }) => role)).toEqual(['supervisor']);
      for (const child of [other, ours]) process.kill(child.pid, 'SIGKILL');
    },
  );
});

describe('endProcesses', () => {
  it('ends at once what goes when asked to, together', async () => {
    const ids = [1, 2, 3].map(() => identified(startMarked('x', 'sleep', ['60']).pid));
    const began = performance.now();
    expect(await endProcesses(ids, 5_000)).toEqual([]);
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(ids.some(isAlive)).toBe(false);
  });

  it('kills what does not listen, and what is stopped', async () => {
    const deaf = startMarked('x', 'sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.05; done']);
    await new Promise((resolve) => deaf.stdout?.once('data', resolve));
    const frozen = identified(startMarked('x', 'sleep', ['60']).pid);
    signalProcess(frozen, 'SIGSTOP');
    const ids = [identified(deaf.pid), frozen];
    const began = performance.now();
    expect(await endProcesses(ids, 100)).toEqual([]);
    expect(performance.now() - began).toBeGreaterThanOrEqual(100);
    await sleep(0);
    expect(ids.some(isAlive)).toBe(false);
  });

  it('has nothing to do for none', async () => {
    expect(await endProcesses([], 5_000)).toEqual([]);
  });
});
