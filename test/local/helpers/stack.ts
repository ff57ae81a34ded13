// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, inject } from 'vitest';
import type * as z from 'zod';
import { type RunDir, runDir } from '../../../dataplane/contract/run-dir.ts';
import { type RunningProgram, type RunOptions, type RunResult, startCli, transcript } from './cli.ts';
import { attachShape, deployShape, errorShape, statusShape } from './documents.ts';
import { leftovers, type MachineState, machineState } from './leftovers.ts';
import { newRunDir } from './run-dirs.ts';

/** A `describe` that is skipped where the machine cannot run the tests; the global setup has said why. */
export const describeLocal = describe.skipIf(inject('skipReason') !== null);

/** The least that DPDK's programs run with: tests are many and huge pages few. */
const smallConfig = 'local:\n  memoryMiB: 64\nbench:\n  memoryMiB: 64\n';

/** How long the kernel may take to hand back the memory of a process that has ended, ms. */
const settleMs = 3_000;

/** How long a backend may take to be back on a machine that is busy, ms. */
const recoveryMs = 15_000;

/** A stack of one test: a folder to run commands in and a run directory, both of its own. */
export class TestStack {
  readonly root = newRunDir(inject('owner'));
  readonly dir: RunDir = runDir(this.root);
  readonly cwd = mkdtempSync(join(tmpdir(), 'vdpactl-local-'));
  readonly #before: MachineState = machineState();
  readonly #started: RunningProgram[] = [];
  #undo: (() => void | Promise<void>)[] = [];

  constructor() {
    this.configure(smallConfig);
  }

  /** Writes the vdpactl.yaml that the commands find. */
  configure(yaml: string): void {
    writeFileSync(join(this.cwd, 'vdpactl.yaml'), yaml);
  }

  /** Is done when the test is over, last given first done. */
  onEnd(undo: () => void | Promise<void>): void {
    this.#undo = [undo, ...this.#undo];
  }

  /** Starts `vdpactl COMMAND --run-dir … ARGS`. */
  start(command: string, args: readonly string[] = [], options: Partial<RunOptions> = {}): RunningProgram {
    return this.own(startCli([command, '--run-dir', this.root, ...args], { cwd: this.cwd, ...options }));
  }

  /** Ends a program with the test, whatever becomes of that. */
  own(program: RunningProgram): RunningProgram {
    this.#started.push(program);
    return program;
  }

  run(command: string, args: readonly string[] = [], options: Partial<RunOptions> = {}): Promise<RunResult> {
    return this.start(command, args, options).ended;
  }

  /** Runs a command that has to end with `code` and answers the one JSON document that it printed. */
  async json<Schema extends z.ZodType>(
    schema: Schema,
    command: string,
    args: readonly string[] = [],
    code = 0,
  ): Promise<z.infer<Schema>> {
    const result = await this.run(command, [...args, '-o', 'json']);
    expect(result.code, transcript(result)).toBe(code);
    return schema.parse(JSON.parse(result.stdout));
  }

  deploy(args: readonly string[] = []): Promise<z.infer<typeof deployShape>> {
    return this.json(deployShape, 'deploy', args);
  }

  status(code = 0): Promise<z.infer<typeof statusShape>> {
    return this.json(statusShape, 'status', [], code);
  }

  /**
   * The status once all runs. A backend may be on its way up: DPDK's memif can crash when a generator goes away all at once,
   * and the supervisor then does its work.
   */
  async healthy(): Promise<z.infer<typeof statusShape>> {
    const deadline = performance.now() + recoveryMs;
    for (;;) {
      const result = await this.run('status', ['-o', 'json']);
      const status = statusShape.parse(JSON.parse(result.stdout));
      if (result.code === 0 || performance.now() > deadline) {
        expect(status.problems, transcript(result)).toEqual([]);
        return status;
      }
      await sleep(100);
    }
  }

  attach(workload: string, args: readonly string[] = []): Promise<z.infer<typeof attachShape>> {
    return this.json(attachShape, 'attach', [workload, ...args]);
  }

  /**
   * Runs a command that has to fail, and checks what holds for every failure: one document on standard output, the same
   * in words on standard error with what to do next, and no stack trace.
   */
  async refused(
    command: string,
    args: readonly string[],
    wanted: { readonly code: string; readonly exit: number },
    options: Partial<RunOptions> = {},
  ): Promise<z.infer<typeof errorShape>['error']> {
    const result = await this.run(command, [...args, '-o', 'json'], options);
    return checkRefusal(result, wanted);
  }

  /** What is left of the stack now; waits a moment for what is about to go. */
  async leftovers(): Promise<string[]> {
    const deadline = performance.now() + settleMs;
    for (;;) {
      const left = leftovers(this.root, this.#before);
      if (left.length === 0 || performance.now() > deadline) return left;
      await sleep(50);
    }
  }

  /** Ends whatever the test left running, destroys the stack, and answers what is left after that. */
  async end(): Promise<string[]> {
    for (const program of this.#started) {
      program.killGroup('SIGKILL');
      await program.ended;
    }
    const destroyed = await startCli(['destroy', '--run-dir', this.root], { cwd: this.cwd }).ended;
    for (const undo of this.#undo) await undo();
    rmSync(this.cwd, { recursive: true, force: true });
    const left = await this.leftovers();
    return destroyed.code === 0 ? left : [transcript(destroyed), ...left];
  }
}

export function checkRefusal(
  result: RunResult,
  wanted: { readonly code: string; readonly exit: number },
): z.infer<typeof errorShape>['error'] {
  const seen = transcript(result);
  expect(result.code, seen).toBe(wanted.exit);
  const { error } = errorShape.parse(JSON.parse(result.stdout));
  expect(error.code, seen).toBe(wanted.code);
  expect(error.exitCode, seen).toBe(wanted.exit);
  expect(error.next, seen).not.toBe('');
  expect(result.stderr, seen).toContain(`error ${wanted.code}: `);
  expect(result.stderr, seen).toContain(`\nnext: ${error.next}\n`);
  expect(result.stderr, seen).not.toMatch(/\n\s+at /);
  return error;
}

/** A stack for each test of this group, gone without a trace when the test is over. */
export function useStack(): () => TestStack {
  let stack: TestStack | null = null;
  beforeEach(() => {
    stack = new TestStack();
  });
  afterEach(async () => {
    expect(await stack?.end(), 'left on the machine').toEqual([]);
  });
  return () => {
    if (stack === null) throw new Error('only within a test');
    return stack;
  };
}
