// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/config-schema.ts';
import { VdpaError } from '../../src/errors/vdpa-error.ts';
import { planHugepages } from '../../src/node/plan-hugepages.ts';
import { planNode } from '../../src/node/plan-node.ts';
import { config, nicReport, nodeReport } from '../fixtures/reports.ts';
import { FakeKernel } from './fake-kernel.ts';
import { anyDevices, anyMachine, decision, spareAddress, toUserSpace, virtualFunction } from './machines.ts';

const spare = (change: Parameters<typeof nicReport>[0] = {}) =>
  nicReport({ pciAddress: spareAddress, driver: 'e1000e', netdevs: ['eth1'], numaNode: 0, iommuGroup: 3, ...change });

const modules = { vfio_pci: 'loaded', vfio_iommu_type1: 'builtin', vhost_vdpa: 'loaded' } as const;

function errorCode(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    return error instanceof VdpaError ? error.code : String(error);
  }
}

describe('planNode', () => {
  it('says what is done and what the node looks like then', () => {
    const hugepages = [{ sizeKiB: 2048, numaNode: 0, total: 512, free: 500 }];
    const report = nodeReport({ node: { hugepages, modules: { vfio_pci: 'available' } }, nics: [spare()] });
    const plan = planNode(report, decision([toUserSpace(spareAddress)]), config());
    expect(plan.steps.map(({ text }) => text)).toEqual([
      'load the module vfio_pci',
      'load the module vfio_iommu_type1',
      'set aside 140 huge pages of 2048 KiB on NUMA node 0: 512 → 652',
      `bind ${spareAddress}: e1000e → vfio-pci`,
    ]);
    expect(plan).toMatchObject({ kind: 'NodePlan', node: 'node-1', provider: 'baremetal', backend: 'testpmd' });
    expect(plan.after).toEqual({
      devices: [
        {
          device: spareAddress,
          driver: 'vfio-pci',
          files: [
            { path: '/dev/vfio/vfio', numberedByKernel: false },
            { path: '/dev/vfio/3', numberedByKernel: false },
          ],
        },
      ],
      virtualFunctions: [],
      vdpaDevices: [],
      hugepages: [{ sizeKiB: 2048, numaNode: 0, total: 652, free: 640 }],
    });
  });

  it('sets huge pages aside for devices that are yet to come, on whatever NUMA node', () => {
    const hugepages = [0, 1].map((numaNode) => ({ sizeKiB: 2048, numaNode, total: 0, free: 0 }));
    const report = nodeReport({ node: { hugepages, modules }, nics: [spare({ driver: 'vfio-pci' })] });
    const total = (roomFor: number, devices = [toUserSpace(spareAddress)]) =>
      planNode(report, decision(devices), config({ nics: { roomFor } })).after.hugepages.reduce(
        (pages, pool) => pages + pool.total,
        0,
      );
    expect([0, 1, 3].map((roomFor) => total(roomFor))).toEqual([640, 640, 3 * 640]);
    expect(total(3, [])).toBe(0);
  });

  it('has nothing to do on a node that is as wanted', () => {
    const hugepages = [{ sizeKiB: 2048, numaNode: 0, total: 640, free: 640 }];
    const report = nodeReport({ node: { hugepages, modules }, nics: [spare({ driver: 'vfio-pci' })] });
    expect(planNode(report, decision([toUserSpace(spareAddress)]), config()).steps).toEqual([]);
  });

  it('has nothing to do for the local provider, not even huge pages', () => {
    const devices = [toUserSpace('local0', { driver: null, modules: [] })];
    const plan = planNode(nodeReport(), decision(devices, { provider: 'local' }), config());
    expect(plan).toMatchObject({ steps: [], after: { devices: [], hugepages: [] } });
  });

  it.each<[string, Parameters<typeof toUserSpace>[1], Parameters<typeof nicReport>[0], object[]]>([
    [
      'a group that VFIO makes up',
      { noIommu: true },
      { iommuGroup: null },
      [{ path: '/dev/vfio/vfio' }, { path: '/dev/vfio/noiommu-N', numberedByKernel: true }],
    ],
    ['UIO', { driver: 'uio_pci_generic' }, {}, [{ path: '/dev/uioN', numberedByKernel: true }]],
    ['a NIC that stays with its driver', { driver: null, modules: [] }, { driver: 'mlx5_core' }, []],
    [
      'vhost-vdpa',
      { driver: null, modules: ['vhost_vdpa'] },
      { vdpa: { name: 'vd1', mgmtdev: null, path: '/dev/vhost-vdpa-4' } },
      [{ path: '/dev/vhost-vdpa-4', numberedByKernel: false }],
    ],
  ])('names the device files of %s', (_what, device, nic, files) => {
    const report = nodeReport({ node: { modules }, nics: [spare(nic)] });
    const { after } = planNode(report, decision([toUserSpace(spareAddress, device)]), config());
    expect(after.devices[0]?.files).toMatchObject(files);
  });

  it.each<[string, () => unknown, string]>([
    [
      'an uplink',
      () => planNode(nodeReport({ nics: [spare({ uplink: true })] }), decision([toUserSpace(spareAddress)]), config()),
      'VDPA-UPLINK-001',
    ],
    [
      'virtual functions of an uplink',
      () =>
        planNode(
          nodeReport({ nics: [spare({ pciAddress: '0000:01:00.0', uplink: true })] }),
          decision([virtualFunction(0, 1)]),
          config(),
        ),
      'VDPA-UPLINK-001',
    ],
    [
      'a device of another report',
      () => planNode(nodeReport(), decision([toUserSpace(spareAddress)]), config()),
      'VDPA-NODE-001',
    ],
    [
      'huge pages of a size that the kernel does not have',
      () =>
        planNode(
          nodeReport({ nics: [spare()] }),
          decision([toUserSpace(spareAddress)]),
          configSchema.parse({ memory: { pageSizeKiB: 1048576 } }),
        ),
      'VDPA-NODE-003',
    ],
  ])('refuses %s', (_what, act, code) => {
    expect(errorCode(act)).toBe(code);
  });

  it('is the same for the same facts', () => {
    fc.assert(
      fc.property(anyMachine, anyDevices, (state, devices) => {
        const report = new FakeKernel(state).report();
        const plan = () => JSON.stringify(planNode(report, decision(devices), config()));
        expect(plan()).toBe(plan());
      }),
      { numRuns: 50 },
    );
  });
});

describe('planHugepages', () => {
  const memory = configSchema.parse({}).memory;
  const pools = (...sizes: (readonly [total: number, free: number])[]) =>
    sizes.map(([total, free], numaNode) => ({ sizeKiB: 2048, numaNode, total, free }));

  it.each<[string, ReturnType<typeof pools>, (number | null)[], [number | null, number][]]>([
    [
      'one device on each node',
      pools([0, 0], [0, 0]),
      [0, 1],
      [
        [0, 640],
        [1, 640],
      ],
    ],
    ['two on one, of which one has its pages', pools([700, 640], [0, 0]), [0, 0], [[0, 1340]]],
    ['enough is free', pools([5000, 1280], [0, 0]), [0, 0], []],
    ['a node that is not known: the machine as a whole', pools([100, 100], [100, 100]), [null], [[null, 640]]],
    ['a node that is not known, and enough elsewhere', pools([0, 0], [640, 640]), [null], []],
    [
      'one known, one not',
      pools([0, 0], [0, 0]),
      [0, null],
      [
        [0, 640],
        [null, 1280],
      ],
    ],
    ['a machine of one node', pools([10, 10]), [null], [[0, 640]]],
    ['a node that has no pool', pools([0, 0], [0, 0]), [7], [[null, 640]]],
    ['no device', pools([0, 0]), [], []],
  ])('%s', (_what, before, nodes, steps) => {
    const plan = planHugepages(before, nodes, memory, []);
    expect(plan.steps.map(({ numaNode, total }) => [numaNode, total])).toEqual(steps);
  });

  it("counts what the devices' users have taken since it was set aside for them", () => {
    const reserved = [{ sizeKiB: 2048, numaNode: 0, pages: 640 }];
    for (const free of [640, 300, 0]) {
      expect(planHugepages(pools([640, free]), [0], memory, reserved).steps).toEqual([]);
    }
    expect(planHugepages(pools([640, 0]), [0, 0], memory, reserved).steps).toMatchObject([{ free: 640, total: 1280 }]);
  });

  it('only ever raises a pool, and then enough is free', () => {
    const count = fc.nat({ max: 3000 });
    const anyPools = fc.array(fc.tuple(count, count), { minLength: 1, maxLength: 4 });
    const anyNodes = fc.array(fc.option(fc.nat({ max: 3 })), { maxLength: 6 });
    fc.assert(
      fc.property(anyPools, anyNodes, (sizes, nodes) => {
        const before = pools(...sizes.map(([free, used]) => [free + used, free] as const));
        const { steps, after } = planHugepages(before, nodes, memory, []);
        for (const step of steps) {
          const had = before.find(({ numaNode }) => numaNode === step.numaNode);
          expect(step.total).toBeGreaterThan(had?.total ?? 0);
        }
        const free = after.reduce((sum, pool) => sum + pool.free, 0);
        expect(free).toBeGreaterThanOrEqual(nodes.length * 640);
        expect(
          planHugepages(after, after.length === before.length ? nodes : nodes.map(() => null), memory, []).steps,
        ).toEqual([]);
      }),
    );
  });
});
