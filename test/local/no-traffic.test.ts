// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { markedProcesses } from '../../src/process/process-table.ts';
import { checkRefusal, describeLocal, type TestStack, useStack } from './helpers/stack.ts';

const nothing = { code: 'VDPA-BENCH-001', exit: 1 };

/** A benchmark whose path has forwarded packets, and is now in its long warm-up. */
async function underWay(stack: TestStack) {
  await stack.deploy();
  const bench = stack.start('bench', ['--trials', '1', '--duration', '0.5', '--warmup', '1.5', '-o', 'json']);
  await bench.saw('Warm-up');
  return bench;
}

function signal(stack: TestStack, role: string, name: NodeJS.Signals): void {
  const found = markedProcesses(stack.root).find((process) => process.role === role);
  if (found === undefined) throw new Error(`no ${role} runs`);
  process.kill(found.pid, name);
}

describeLocal('a benchmark in which nothing comes back', () => {
  const stack = useStack();

  it('because the workload ended: says so', async () => {
    const bench = await underWay(stack());
    signal(stack(), 'workload', 'SIGKILL');
    const error = checkRefusal(await bench.ended, nothing);
    expect(error.message).toContain('(workload-dead)');
    expect(error.details.join('\n')).toContain('generator sent: ');
    expect(existsSync(join(stack().cwd, 'vdpactl-reports'))).toBe(false);
    expect(await stack().healthy()).toMatchObject({ strays: [], devices: [{ workload: null }] });
  });

  it('because the workload hangs: shows where packets were last seen, and claims no cause', async () => {
    const bench = await underWay(stack());
    signal(stack(), 'workload', 'SIGSTOP');
    const error = checkRefusal(await bench.ended, nothing);
    expect(error.message).toContain('(unknown)');
    expect(error.message).toMatch(/Packets were last seen at the backend's (?:wire|vhost) port/);
    expect(await stack().healthy()).toMatchObject({ strays: [], devices: [{ workload: null }] });
  });

  it('because the backend hangs', async () => {
    const bench = await underWay(stack());
    signal(stack(), 'backend:local0', 'SIGSTOP');
    const error = checkRefusal(await bench.ended, nothing);
    expect(error.message).toContain('(backend-hangs)');
    signal(stack(), 'backend:local0', 'SIGCONT');
    expect(await stack().healthy()).toMatchObject({ strays: [], devices: [{ workload: null }] });
  });

  it('from some moment on: gives no rate for what is no measurement', async () => {
    await stack().deploy();
    const bench = stack().start('bench', ['--trials', '3', '--duration', '1', '--warmup', '0', '-o', 'json']);
    await bench.saw('Trial 2');
    signal(stack(), 'backend:local0', 'SIGKILL');
    const error = checkRefusal(await bench.ended, { code: 'VDPA-BENCH-005', exit: 1 });
    expect(error.message).toContain('the backend was restarted');
    expect(existsSync(join(stack().cwd, 'vdpactl-reports'))).toBe(false);
    expect(await stack().healthy()).toMatchObject({ devices: [{ restarts: 1, workload: null }] });
  });
});
