// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import { packageRoot } from '../../../src/files/package-root.ts';
import { type RunResult, transcript } from '../../local/helpers/cli.ts';
import type { ClusterState } from './cluster-state.ts';
import { StackLab, type StackLabOptions } from './stack-lab.ts';

/** Whether this machine has what it takes: the controllers of Kubernetes, and a built command line. */
export const cannotRunStacks = (): boolean =>
  inject('cluster').whyNoControllers !== null || !existsSync(join(packageRoot(), 'dist/cli.js'));

/**
 * A cluster for the tests of one `describe`. After each of them the stack is destroyed, and nothing of it may be left,
 * whatever the test did.
 */
export function stackSuite(options: Omit<StackLabOptions, 'bin'>): {
  readonly lab: StackLab;
  readonly before: ClusterState;
} {
  const suite: { lab?: StackLab; before?: ClusterState } = {};
  beforeAll(async () => {
    suite.lab = await StackLab.start({ fastNamespaces: true, ...options, bin: inject('cluster').bin });
    suite.before = await suite.lab.settledState();
  });
  afterEach(async () => {
    const { lab, before } = suite;
    if (lab === undefined || before === undefined) return;
    lab.proxy.reset();
    for (const host of lab.hosts) host.override = () => undefined;
    lab.configure(options.config);
    succeeded(await lab.destroy());
    expect(await lab.differences(before)).toEqual([]);
  });
  afterAll(() => suite.lab?.stop());
  return {
    get lab() {
      return suite.lab ?? missing();
    },
    get before() {
      return suite.before ?? missing();
    },
  };
}

function missing(): never {
  throw new Error('only within tests');
}

export function succeeded(result: RunResult): RunResult {
  expect(result.code, transcript(result)).toBe(0);
  return result;
}

/** That it ended with this exit code, and said so with this code of an error and these words. */
export function failedWith(result: RunResult, exitCode: number, ...words: readonly string[]): RunResult {
  expect(result.code, transcript(result)).toBe(exitCode);
  for (const word of words) expect(result.stderr).toContain(word);
  return result;
}
