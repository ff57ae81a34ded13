// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { benchReportSchema } from '../../src/bench/report/bench-report.ts';
import { addVeth, bringUp, defaultRouteInterface, removeVeth, vethNames } from './helpers/interfaces.ts';
import { describeLocal, useStack } from './helpers/stack.ts';

const quick = ['--trials', '1', '--duration', '0.3', '--warmup', '0'];
const [near, far] = vethNames;

describeLocal('a veth pair as the wire', () => {
  const stack = useStack();

  it('carries a benchmark from end to end', async (context) => {
    if (!addVeth()) return context.skip('this machine makes no veth pairs');
    stack().onEnd(removeVeth);
    for (const name of vethNames) bringUp(name);
    const deployed = await stack().deploy(['--interface', near]);
    expect(deployed.stack.backends).toMatchObject([{ wire: { kind: 'af_packet', at: near } }]);
    expect((await stack().status()).devices).toMatchObject([{ wire: { kind: 'af_packet', at: near } }]);

    const wrong = { code: 'VDPA-WIRE-001', exit: 2 };
    const unnamed = await stack().refused('bench', quick, wrong);
    expect(unnamed.next).toContain('--generator-interface');
    await stack().refused('bench', [...quick, '--generator-interface', 'nosuch0'], wrong);
    const uplink = ['--generator-interface', defaultRouteInterface() ?? 'lo'];
    await stack().refused('bench', [...quick, ...uplink], { code: 'VDPA-UPLINK-001', exit: 5 });

    const report = await stack().json(benchReportSchema, 'bench', [...quick, '--generator-interface', far]);
    expect(report.wire).toEqual({ kind: 'af_packet', interface: near });
    expect(report.summary.median).toBeGreaterThan(0);
    for (const trial of report.trials) expect(trial.lost).toBe(Math.max(0, trial.sent - trial.received));
  });
});
