// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { benchReportSchema } from '../../src/bench/report/bench-report.ts';
import { describeLocal, useStack } from './helpers/stack.ts';

const quick = ['--trials', '1', '--duration', '0.3', '--warmup', '0'];
const locked = { code: 'VDPA-LOCK-001', exit: 5 };

describeLocal('two runs at once', () => {
  const stack = useStack();

  it('on one stack: the second is refused and told who is at work', async () => {
    await stack().deploy();
    const first = stack().start('bench', ['--duration', '60']);
    await first.saw('Attaching a device');
    for (const command of ['deploy', 'bench', 'destroy']) {
      const error = await stack().refused(command, [], locked);
      expect(error.message).toContain(`vdpactl bench, process ${first.pid},`);
    }
    // Looking is always allowed.
    expect(await stack().status()).toMatchObject({ state: 'healthy' });
    first.kill('SIGINT');
    expect((await first.ended).code).toBe(130);
    await stack().deploy();
  });
});

describeLocal('a run that was killed', () => {
  const stack = useStack();

  it('in mid-deploy: the next one goes on, nothing is stale', async () => {
    for (const after of ['Looking at this machine', 'Starting the agent', 'Waiting for the agent']) {
      const killed = stack().start('deploy');
      await killed.saw(after);
      killed.kill('SIGKILL');
      expect((await killed.ended).signal).toBe('SIGKILL');
      await stack().deploy();
      expect(await stack().status()).toMatchObject({ state: 'healthy', strays: [] });
      await stack().run('destroy');
      expect(await stack().leftovers(), after).toEqual([]);
    }
  });

  it('in mid-deploy, and then destroyed', async () => {
    const killed = stack().start('deploy');
    await killed.saw('Waiting for the agent');
    killed.kill('SIGKILL');
    await killed.ended;
    expect((await stack().run('destroy')).code).toBe(0);
    expect(await stack().leftovers()).toEqual([]);
  });

  it('in mid-benchmark: status says what is left over, and the next benchmark runs', async () => {
    await stack().deploy();
    const killed = stack().start('bench', ['--duration', '60']);
    await killed.saw('Warm-up');
    killed.kill('SIGKILL');
    await killed.ended;
    const left = await stack().healthy();
    expect(left).toMatchObject({ state: 'healthy', devices: [{ workload: 'bench' }] });
    expect(left.strays.map(({ role }) => role)).toContain('workload');

    const report = await stack().json(benchReportSchema, 'bench', quick);
    expect(report.summary.median).toBeGreaterThan(0);
    expect(await stack().status()).toMatchObject({ strays: [], devices: [{ workload: null }] });
  });
});
