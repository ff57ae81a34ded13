// SPDX-License-Identifier: Apache-2.0
// Prepares or restores a fake kernel that is kept in a file, slowly, and says each point that it comes to: for a test that
// kills it there.
import { readFileSync } from 'node:fs';
import { writeFileAtomic } from '../../src/files/write-atomic.ts';
import { journalFile } from '../../src/node/journal-file.ts';
import type { ChosenDevice } from '../../src/providers/decision.ts';
import { FakeKernel, type FakeState } from './fake-kernel.ts';
import { prepare, restore } from './harness.ts';

export interface Task {
  readonly what: 'prepare' | 'restore';
  readonly kernelFile: string;
  readonly stateDir: string;
  readonly devices: readonly ChosenDevice[];
}

const pauseMs = 5;

const task: Task = JSON.parse(process.argv[2] ?? '');
const state: FakeState = JSON.parse(readFileSync(task.kernelFile, 'utf8'));
let point = 0;

/** The change is made to the file at once, as the kernel would keep it; then there is time to be killed. */
function settle(): void {
  writeFileAtomic(task.kernelFile, JSON.stringify(state));
  point += 1;
  process.stdout.write(`${point}\n`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
}

const kernel = new FakeKernel(state, { beforeChange: settle, afterChange: settle });
const store = journalFile(task.stateDir);
await (task.what === 'prepare' ? prepare(kernel, store, task.devices) : restore(kernel, store));
