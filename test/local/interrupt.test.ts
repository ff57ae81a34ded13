// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { RunningProgram } from './helpers/cli.ts';
import { transcript } from './helpers/cli.ts';
import { checkRefusal, describeLocal, useStack } from './helpers/stack.ts';

/** From Ctrl-C to the prompt: two seconds on an idle machine, and the tests leave none idle, ms. */
const promptMs = 4_000;

interface Moment {
  /** A line of progress to wait for. */
  readonly after: string;
  /** And then, ms. */
  readonly delay: number;
  /** As a terminal does it, to the whole process group, or as `kill` does it. */
  readonly how: 'killGroup' | 'kill';
}

const deployMoments: readonly Moment[] = [
  { after: 'Looking at this machine', delay: 0, how: 'killGroup' },
  { after: 'Writing the stack', delay: 0, how: 'kill' },
  { after: 'Waiting for the agent', delay: 0, how: 'killGroup' },
  { after: 'Waiting for the agent', delay: 100, how: 'kill' },
];

const benchMoments: readonly Moment[] = [
  { after: 'Attaching a device', delay: 0, how: 'kill' },
  { after: 'Starting l3fwd', delay: 100, how: 'killGroup' },
  { after: 'Starting the traffic generator', delay: 100, how: 'killGroup' },
  { after: 'Does anything come back?', delay: 0, how: 'killGroup' },
  { after: 'Trial 1', delay: 400, how: 'kill' },
];

async function interrupted(program: RunningProgram, { after, delay, how }: Moment): Promise<void> {
  await program.saw(after);
  await sleep(delay);
  const began = performance.now();
  program[how]('SIGINT');
  const result = await program.ended;
  const took = performance.now() - began;
  const error = checkRefusal(result, { code: 'VDPA-INT-001', exit: 130 });
  expect(error.message).toBe('stopped by SIGINT');
  expect(error.next).toContain('run the same command again');
  expect(took, transcript(result)).toBeLessThan(promptMs);
}

describeLocal('Ctrl-C', () => {
  const stack = useStack();

  it('in a first deploy leaves nothing behind', async () => {
    for (const moment of deployMoments) {
      await interrupted(stack().start('deploy', ['-o', 'json']), moment);
      expect(await stack().leftovers(), JSON.stringify(moment)).toEqual([]);
    }
  });

  it('in a deploy onto a running stack leaves that running, and the next deploy goes on', async () => {
    await stack().deploy();
    const { devices } = await stack().status();
    const moment = { after: 'Waiting for the agent', delay: 0, how: 'killGroup' } as const;
    await interrupted(stack().start('deploy', ['--devices', '2', '-o', 'json']), moment);
    expect(existsSync(stack().dir.stack)).toBe(true);
    await stack().deploy(['--devices', '2']);
    const status = await stack().status();
    expect(status.devices.map(({ pid }) => pid)).toEqual([devices[0]?.pid, expect.any(Number)]);
  });

  it('in a benchmark leaves the stack healthy and free, and no folder for a report', async () => {
    await stack().deploy();
    const before = await stack().status();
    for (const moment of benchMoments) {
      const args = ['--trials', '1', '--duration', '2', '--warmup', '0', '-o', 'json'];
      await interrupted(stack().start('bench', args), moment);
      const after = await stack().healthy();
      expect(after.parts, JSON.stringify(moment)).toEqual(before.parts);
      expect(after, JSON.stringify(moment)).toMatchObject({ strays: [], devices: [{ workload: null }] });
      expect(existsSync(join(stack().cwd, 'vdpactl-reports'))).toBe(false);
    }
  });

  it('is the same as SIGTERM and a terminal that goes away', async () => {
    await stack().deploy();
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
      const program = stack().start('bench', ['-o', 'json']);
      await program.saw('Starting l3fwd');
      program.kill(signal);
      const error = checkRefusal(await program.ended, { code: 'VDPA-INT-001', exit: 130 });
      expect(error.message).toBe(`stopped by ${signal}`);
    }
    expect(await stack().status()).toMatchObject({ state: 'healthy', strays: [], devices: [{ workload: null }] });
  });
});
