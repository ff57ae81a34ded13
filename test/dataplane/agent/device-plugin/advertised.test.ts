// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { Advertised, graceMs } from '../../../../dataplane/agent/device-plugin/advertised.ts';
import type { BackendSpec } from '../../../../dataplane/contract/backend-spec.ts';
import { backendSpec, kernelSpec } from '../../../fixtures/backend-spec.ts';

let advertised: Advertised;
let running: Set<string>;
beforeEach(() => {
  advertised = new Advertised();
  running = new Set();
});

const numa = new Map([['0000:65:00.2', 1]]);
const health = (specs: BackendSpec[], now: number) =>
  advertised.list(specs, numa, ({ device }) => running.has(device), now).map((each) => each.health);

describe('what kubelet is told', () => {
  it('is every device, with its NUMA node where that is known', () => {
    running = new Set(['0000:65:00.2']);
    expect(advertised.list([backendSpec('0000:65:00.2'), backendSpec('local0')], numa, () => true, 0)).toEqual([
      { ID: '0000:65:00.2', health: 'Healthy', topology: { nodes: [{ ID: 1 }] } },
      { ID: 'local0', health: 'Healthy', topology: null },
    ]);
  });

  it('is no health before a backend has run for the first time', () => {
    expect(health([backendSpec('local0')], 0)).toEqual(['Unhealthy']);
    running.add('local0');
    expect(health([backendSpec('local0')], 1)).toEqual(['Healthy']);
  });

  it('is nothing of a backend that is started again in time, and the truth of one that is not', () => {
    const specs = [backendSpec('local0')];
    running.add('local0');
    health(specs, 0);
    running.clear();
    expect(health(specs, graceMs)).toEqual(['Healthy']);
    expect(health(specs, graceMs + 1)).toEqual(['Unhealthy']);
    running.add('local0');
    expect(health(specs, graceMs + 2)).toEqual(['Healthy']);
  });

  it("is at once that a device of the kernel's is gone", () => {
    const specs = [kernelSpec('vd0')];
    running.add('vd0');
    expect(health(specs, 0)).toEqual(['Healthy']);
    running.clear();
    expect(health(specs, 1)).toEqual(['Unhealthy']);
  });

  it('forgets a device that is offered no more', () => {
    running.add('local0');
    health([backendSpec('local0')], 0);
    running.clear();
    expect(health([], 1)).toEqual([]);
    expect(health([backendSpec('local0')], 2)).toEqual(['Unhealthy']);
  });
});
