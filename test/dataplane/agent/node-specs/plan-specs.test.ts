// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planSpecs } from '../../../../dataplane/agent/node-specs/plan-specs.ts';
import type { BackendSpec } from '../../../../dataplane/contract/backend-spec.ts';
import { type SpecsFound, specHash } from '../../../../dataplane/contract/spec-store.ts';
import { backendSpec } from '../../../fixtures/backend-spec.ts';

const stored = (specs: BackendSpec[], unread: string[] = []): SpecsFound => ({
  specs: new Map(specs.map((spec) => [spec.device, { spec, hash: specHash(spec) }])),
  unread: new Map(unread.map((device) => [device, 'is damaged'])),
});
const use = (held: string[], running: string[] = []) => ({
  isHeld: (device: string) => held.includes(device),
  isRunning: (device: string) => running.includes(device),
});
const plan = (wanted: BackendSpec[], before: BackendSpec[], held: string[] = []) =>
  planSpecs(wanted, stored(before), use(held));

const one = backendSpec('local0');
const changed = backendSpec('local0', { memoryMiB: 99 });

describe('the specs of a node', () => {
  it('are written where they are new or other than before', () => {
    const other = backendSpec('local1');
    expect(plan([one, other], [])).toMatchObject({ write: [one, other], remove: [], held: [], offered: [one, other] });
    expect(plan([changed], [one])).toMatchObject({ write: [changed], offered: [changed] });
    expect(plan([one], [one])).toMatchObject({ write: [], remove: [], held: [], offered: [one] });
  });

  it('go with their devices', () => {
    expect(plan([], [one])).toMatchObject({ write: [], remove: ['local0'], held: [], offered: [] });
  });

  it('stay as they are for as long as a pod has the device', () => {
    const change = [{ device: 'local0', should: 'change' }];
    expect(plan([changed], [one], ['local0'])).toMatchObject({ write: [], remove: [], held: change, offered: [one] });
    const go = [{ device: 'local0', should: 'go' }];
    expect(plan([], [one], ['local0'])).toMatchObject({ write: [], remove: [], held: go, offered: [one] });
  });

  it('are made anew for a pod whose spec is gone', () => {
    expect(plan([one], [], ['local0'])).toMatchObject({ write: [one], held: [] });
  });

  it.each<[string, BackendSpec[], string[], string[], Partial<ReturnType<typeof planSpecs>>]>([
    ['replaced while it is free', [one], [], ['local0'], { write: [one], held: [], offered: [one] }],
    ['removed with its device', [], [], ['local0'], { write: [], remove: ['local0'], held: [], offered: [] }],
    [
      'left while a pod has what it runs',
      [one],
      ['local0'],
      ['local0'],
      { write: [], held: [{ device: 'local0', should: 'change' }], offered: [one] },
    ],
    ['replaced where nothing runs by it that a pod has', [one], ['local0'], [], { write: [one], held: [] }],
    [
      'left, and not offered, where a pod has a device that is gone',
      [],
      ['local0'],
      ['local0'],
      { write: [], remove: [], held: [{ device: 'local0', should: 'go' }], offered: [] },
    ],
  ])('that this version does not understand is %s', (_what, wanted, held, running, expected) => {
    expect(planSpecs(wanted, stored([], ['local0']), use(held, running))).toMatchObject(expected);
  });

  it('come to what is wanted in one step, whatever was there, and to what is held in none', () => {
    const spec = fc.record({ id: fc.nat(5), memoryMiB: fc.integer({ min: 1, max: 3 }) });
    const specs = fc
      .uniqueArray(spec, { selector: ({ id }) => id })
      .map((list) => list.map(({ id, memoryMiB }): BackendSpec => backendSpec(`local${id}`, { memoryMiB })));
    fc.assert(
      fc.property(specs, specs, fc.subarray([0, 1, 2, 3, 4, 5]), (wanted, before, heldIds) => {
        const held = heldIds.map((id) => `local${id}`);
        const first = plan(wanted, before, held);
        const after = new Map(before.map((each) => [each.device, each]));
        for (const device of first.remove) after.delete(device);
        for (const each of first.write) after.set(each.device, each);
        expect([...after.values()].map(({ device }) => device).sort()).toEqual(
          first.offered.map(({ device }) => device),
        );
        for (const each of before) if (held.includes(each.device)) expect(after.get(each.device)).toEqual(each);
        for (const each of wanted) if (!held.includes(each.device)) expect(after.get(each.device)).toEqual(each);
        expect(plan(wanted, [...after.values()], held)).toMatchObject({ write: [], remove: [], held: first.held });
      }),
    );
  });
});
