// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CpuPlan, planCpus } from '../../src/backends/cpu-plan.ts';

const pollers = ({ backends, workload, generator }: CpuPlan): number[] => [...backends, workload, generator];

describe('planCpus', () => {
  it.each<[string, number[], number[], number, CpuPlan]>([
    ['one CPU', [3], [], 1, { workload: 3, backends: [3], generator: 3, overcommitted: true }],
    ['two', [0, 1], [], 1, { workload: 1, backends: [0], generator: 0, overcommitted: true }],
    ['three', [0, 1, 2], [], 1, { workload: 1, backends: [2], generator: 0, overcommitted: false }],
    ['enough', [0, 1, 2, 3, 4], [], 2, { workload: 1, backends: [2, 3], generator: 4, overcommitted: false }],
    ['isolated ones', [0, 1, 2, 3], [2, 3], 1, { workload: 2, backends: [3], generator: 1, overcommitted: false }],
    ['only isolated ones', [2, 3], [2, 3], 1, { workload: 2, backends: [3], generator: 3, overcommitted: true }],
    [
      'isolated ones that are not ours',
      [0, 1, 2],
      [7],
      1,
      { workload: 1, backends: [2], generator: 0, overcommitted: false },
    ],
    ['four devices on two', [0, 1], [], 4, { workload: 1, backends: [0, 0, 0, 0], generator: 0, overcommitted: true }],
  ])('with %s', (_what, allowed, isolated, devices, plan) => {
    expect(planCpus({ allowed, isolated }, devices)).toEqual(plan);
  });

  it.each<[string, number[], number[], number, CpuPlan]>([
    [
      'leaves the others to the workload and the generator',
      [0, 1, 2, 3],
      [1],
      1,
      { backends: [1], workload: 2, generator: 3, overcommitted: false },
    ],
    [
      'in turn where they are fewer than the devices',
      [0, 1, 2, 3],
      [3, 2],
      3,
      { backends: [3, 2, 3], workload: 1, generator: 0, overcommitted: true },
    ],
    [
      'takes no more than there are devices',
      [0, 1, 2, 3],
      [3, 2, 1],
      1,
      { backends: [3], workload: 1, generator: 2, overcommitted: false },
    ],
    [
      'lets the generator share with a backend, not with the workload',
      [0, 1],
      [1],
      1,
      { backends: [1], workload: 0, generator: 1, overcommitted: true },
    ],
    [
      'though it be all there are',
      [0, 1],
      [0, 1],
      2,
      { backends: [0, 1], workload: 1, generator: 0, overcommitted: true },
    ],
  ])('the user’s choice %s', (_what, allowed, chosen, devices, plan) => {
    expect(planCpus({ allowed, isolated: [] }, devices, chosen)).toEqual(plan);
  });

  const cpus = fc.uniqueArray(fc.nat(64), { minLength: 1, maxLength: 20 }).map((list) => list.sort((a, b) => a - b));
  const facts = fc.record({ allowed: cpus, isolated: fc.uniqueArray(fc.nat(64), { maxLength: 20 }) });
  const devices = fc.integer({ min: 1, max: 16 });
  const chosenFrom = (allowed: readonly number[]) =>
    fc.option(fc.array(fc.constantFrom(...allowed), { minLength: 1, maxLength: 16 }));
  const all = facts.chain((each) => fc.tuple(fc.constant(each), devices, chosenFrom(each.allowed)));

  it('picks none that is not allowed, and says truly whether any is shared', () => {
    fc.assert(
      fc.property(all, ([each, count, chosen]) => {
        const plan = planCpus(each, count, chosen);
        expect(plan.backends).toHaveLength(count);
        for (const cpu of pollers(plan)) expect(each.allowed).toContain(cpu);
        expect(plan.overcommitted).toBe(new Set(pollers(plan)).size < count + 2);
        expect(planCpus(each, count, chosen)).toEqual(plan);
      }),
    );
  });

  it('gives each poller its own where there are enough, and isolated ones before others', () => {
    fc.assert(
      fc.property(facts, devices, (each, count) => {
        const plan = planCpus(each, count);
        expect(plan.overcommitted).toBe(each.allowed.length < count + 2);
        const isolated = each.allowed.filter((cpu) => each.isolated.includes(cpu));
        const used = pollers(plan).filter((cpu) => isolated.includes(cpu));
        expect(new Set(used).size).toBe(Math.min(isolated.length, count + 2));
      }),
    );
  });

  it('leaves the workload alone on its CPU where there are two and the user has not taken both', () => {
    fc.assert(
      fc.property(all, ([each, count, chosen]) => {
        const taken = new Set(chosen?.slice(0, count) ?? []);
        fc.pre(each.allowed.length >= 2 && each.allowed.some((cpu) => !taken.has(cpu)));
        const plan = planCpus(each, count, chosen);
        expect([...plan.backends, plan.generator]).not.toContain(plan.workload);
      }),
    );
  });

  it('answers something where nothing is known', () => {
    expect(planCpus({ allowed: [], isolated: [] }, 1)).toMatchObject({ workload: 0, backends: [0], generator: 0 });
  });
});
