// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Holding, planAttach } from '../../../dataplane/agent/plan-attach.ts';
import { interfaceNamePattern, maxInterfaces } from '../../../dataplane/contract/run-dir.ts';

const devices = ['local0', 'local1', 'local2'];
const held = (device: string, workload: string, name = 'net1'): Holding => ({ device, workload, interface: name });

describe('planAttach', () => {
  it.each<[string, Holding[], string, string | null, object]>([
    ['the first free device', [], 'app', null, { kind: 'attach', device: 'local0', interface: 'net1' }],
    ['the one that is named', [], 'app', 'local2', { kind: 'attach', device: 'local2', interface: 'net1' }],
    [
      'the next free one and the next interface',
      [held('local0', 'app')],
      'app',
      null,
      { kind: 'attach', device: 'local1', interface: 'net2' },
    ],
    [
      'an interface name of its own, whatever others have',
      [held('local0', 'other')],
      'app',
      null,
      { kind: 'attach', device: 'local1', interface: 'net1' },
    ],
    [
      'the interface name that was given back',
      [held('local0', 'app', 'net2')],
      'app',
      null,
      { kind: 'attach', device: 'local1', interface: 'net1' },
    ],
    [
      'what it has already',
      [held('local1', 'app', 'net7')],
      'app',
      'local1',
      { kind: 'already', device: 'local1', interface: 'net7' },
    ],
  ])('gives %s', (_what, holdings, workload, device, plan) => {
    expect(planAttach(devices, holdings, { workload, device })).toEqual(plan);
  });

  it.each<[string, string[], Holding[], string | null, string, string]>([
    ['what is not offered', devices, [], 'local9', 'not-found', 'offered are local0, local1, local2'],
    ['what is not offered where nothing is', [], [], 'local9', 'not-found', 'none is offered'],
    ['what another has', devices, [held('local1', 'db')], 'local1', 'taken', 'local1 is attached to the workload db'],
    ['any where nothing is offered', [], [], null, 'none-free', 'no device is offered'],
    ['any where all are taken', ['local0'], [held('local0', 'db')], null, 'none-free', 'local0 by db'],
    ['any to who has them all', ['local0'], [held('local0', 'app')], null, 'none-free', 'local0 by app'],
  ])('refuses %s, and says why', (_what, offered, holdings, device, reason, message) => {
    expect(planAttach(offered, holdings, { workload: 'app', device })).toEqual({
      kind: 'refuse',
      reason,
      message: expect.stringContaining(message),
    });
  });

  it('gives a workload no more interfaces than can be named', () => {
    const many = Array.from({ length: maxInterfaces + 1 }, (_, index) => `local${index}`);
    const has = many.slice(0, maxInterfaces).map((device, index) => held(device, 'app', `net${index + 1}`));
    expect(planAttach(many, has, { workload: 'app', device: null })).toMatchObject({
      kind: 'refuse',
      reason: 'none-free',
    });
    expect(planAttach(many, has, { workload: 'db', device: null })).toMatchObject({
      kind: 'attach',
      interface: 'net1',
    });
  });

  it('never gives a device or an interface twice, over any sequence of wishes', () => {
    const wish = fc.record({
      workload: fc.constantFrom('a', 'b', 'c'),
      device: fc.constantFrom(null, 'local0', 'local1', 'local2', 'local3', 'local9'),
      detach: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.nat(4), fc.array(wish, { maxLength: 30 }), (count, wishes) => {
        const offered = Array.from({ length: count }, (_, index) => `local${index}`);
        let holdings: Holding[] = [];
        for (const { workload, device, detach } of wishes) {
          if (detach) {
            holdings = holdings.filter((each) => each.workload !== workload);
            continue;
          }
          const plan = planAttach(offered, holdings, { workload, device });
          if (plan.kind === 'refuse') {
            const free = offered.filter((each) => !holdings.some((holding) => holding.device === each));
            if (device === null) expect(free).toEqual([]);
            else expect(free).not.toContain(device);
            continue;
          }
          if (device !== null) expect(plan.device).toBe(device);
          expect(plan.interface).toMatch(interfaceNamePattern);
          const mine = holdings.find((each) => each.workload === workload && each.device === plan.device);
          if (plan.kind === 'already') expect(mine).toMatchObject({ interface: plan.interface });
          else {
            expect(offered).toContain(plan.device);
            expect(holdings.some((each) => each.device === plan.device)).toBe(false);
            expect(holdings.some((each) => each.workload === workload && each.interface === plan.interface)).toBe(
              false,
            );
            holdings = [...holdings, held(plan.device, workload, plan.interface)];
          }
        }
      }),
    );
  });
});
