// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/files/package-root.ts';
import { journalFile } from '../../src/node/journal-file.ts';
import { scratch } from '../fixtures/scratch.ts';
import { FakeKernel, type FakeState } from './fake-kernel.ts';
import { restore, stateOf } from './harness.ts';
import { machine, spareAddress, toUserSpace, vdpaOf, virtioAddress, virtualFunction } from './machines.ts';
import type { Task } from './run-until-killed.ts';

const { folder } = scratch();

const devices = [toUserSpace(spareAddress), virtualFunction(0, 1), vdpaOf(virtioAddress)];

/** Runs the task in a process of its own and kills it when it has come to the given point; answers how it ended. */
async function killAt(task: Task, point: number): Promise<string | null> {
  const program = join(packageRoot(), 'test/node/run-until-killed.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(task)], {
    cwd: packageRoot(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  createInterface(child.stdout).on('line', (line) => {
    if (Number(line) >= point) child.kill('SIGKILL');
  });
  const [, signal] = await ended;
  return signal;
}

it.each([
  [1, 1],
  [13, 2],
  [22, 9],
  [31, 17],
])(
  'kill -9 at point %i of prepare and %i of restore: the next restore gives the very state back',
  async (first, second) => {
    const kernelFile = join(folder(), 'kernel.json');
    const stateDir = join(folder(), 'state');
    const fresh = machine();
    writeFileSync(kernelFile, JSON.stringify(fresh));
    expect(await killAt({ what: 'prepare', kernelFile, stateDir, devices }, first)).toBe('SIGKILL');
    await killAt({ what: 'restore', kernelFile, stateDir, devices }, second);

    const left: FakeState = JSON.parse(readFileSync(kernelFile, 'utf8'));
    const kernel = new FakeKernel(left);
    await restore(kernel, journalFile(stateDir));
    expect(stateOf(kernel)).toEqual(stateOf(new FakeKernel(fresh)));
    expect(existsSync(stateDir)).toBe(false);
  },
);
