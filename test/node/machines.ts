// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import type { ChosenDevice, Decision } from '../../src/providers/decision.ts';
import { addressAfter } from '../../src/providers/virtual-functions.ts';
import type { FakeDevice, FakeState } from './fake-state.ts';

/** A NIC with its kernel driver and an interface that is down. */
export function device(change: Partial<FakeDevice> & { readonly name?: string } = {}): FakeDevice {
  const { name = 'eth0', ...rest } = change;
  return {
    ids: '8086:10d3',
    driver: 'e1000e',
    override: null,
    interface: { name, up: false, mtu: 1500 },
    interfaceName: name,
    uplink: false,
    group: 1,
    numaNode: 0,
    sriov: null,
    pf: null,
    ...rest,
  };
}

export const uplinkAddress = '0000:00:02.0';
export const spareAddress = '0000:00:03.0';
export const pfAddress = '0000:01:00.0';
export const virtioAddress = '0000:00:04.0';

/** An uplink, a spare NIC, one with SR-IOV, and one of virtio; two NUMA nodes; nothing is prepared. */
export function machine(change: Partial<FakeState> = {}): FakeState {
  return {
    bootId: 'boot-1',
    loaded: ['e1000e', 'igb', 'virtio_pci'],
    modules: {
      e1000e: [],
      igb: [],
      igbvf: [],
      virtio_pci: [],
      vfio: [],
      vfio_pci_core: ['vfio'],
      vfio_pci: ['vfio_pci_core', 'vfio'],
      vfio_iommu_type1: ['vfio'],
      vdpa: [],
      vhost_vdpa: ['vdpa'],
      vp_vdpa: ['vdpa'],
    },
    drivers: {
      e1000e: { module: 'e1000e', takes: ['8086:10d3'], makesInterface: true },
      igb: { module: 'igb', takes: ['8086:10c9'], makesInterface: true },
      igbvf: { module: 'igbvf', takes: ['8086:10ca'], makesInterface: true },
      'virtio-pci': { module: 'virtio_pci', takes: ['1af4:1041'], makesInterface: true },
      'vfio-pci': { module: 'vfio_pci', takes: [], makesInterface: false },
      'vp-vdpa': { module: 'vp_vdpa', takes: [], makesInterface: false },
    },
    noIommu: 'N',
    pools: [
      { most: 4096, total: 0, used: 0 },
      { most: 4096, total: 0, used: 0 },
    ],
    devices: {
      [uplinkAddress]: device({ name: 'eth0', uplink: true, group: 2 }),
      [spareAddress]: device({ name: 'eth1', interface: { name: 'eth1', up: true, mtu: 9000 }, group: 3 }),
      [virtioAddress]: device({ name: 'eth3', ids: '1af4:1041', driver: 'virtio-pci', group: 4, numaNode: 1 }),
      [pfAddress]: device({
        name: 'eth2',
        ids: '8086:10c9',
        driver: 'igb',
        group: 5,
        sriov: { total: 7, num: 0, autoprobe: '1', offset: 128, stride: 2, vfIds: '8086:10ca' },
      }),
    },
    mgmtdevs: [`pci/${virtioAddress}`, 'vduse'],
    vdpa: {},
    virtioVdpaFirst: false,
    open: [],
    ...change,
  };
}

const vfioModules = ['vfio_pci', 'vfio_iommu_type1'];

export function toUserSpace(pciAddress: string, change: Partial<ChosenDevice> = {}): ChosenDevice {
  return { pciAddress, driver: 'vfio-pci', why: 'test', create: [], modules: vfioModules, noIommu: false, ...change };
}

export function virtualFunction(index: number, count: number, change: Partial<ChosenDevice> = {}): ChosenDevice {
  const address = addressAfter(pfAddress, 128 + 2 * index);
  return toUserSpace(address, { create: [{ kind: 'vf', pf: pfAddress, count }], ...change });
}

export function vdpaOf(pciAddress: string): ChosenDevice {
  const name = `vdpa-${pciAddress.replaceAll(/[:.]/g, '-')}`;
  return {
    ...toUserSpace(pciAddress, { driver: 'vp-vdpa', modules: ['vp_vdpa', 'vhost_vdpa'] }),
    create: [{ kind: 'vdpa', name, mgmtdev: `pci/${pciAddress}` }],
  };
}

export function decision(devices: readonly ChosenDevice[], change: Partial<Decision> = {}): Decision {
  return {
    provider: 'baremetal',
    backend: 'testpmd',
    overridden: [],
    devices,
    evidence: [],
    conflicts: [],
    rejected: [],
    ...change,
  };
}

/** Any choice of devices that the machine has or can have. */
export const anyDevices: fc.Arbitrary<ChosenDevice[]> = fc
  .record({
    spare: fc.boolean(),
    vfs: fc.nat({ max: 3 }),
    vdpa: fc.boolean(),
    vduse: fc.boolean(),
    noIommu: fc.boolean(),
  })
  .map(({ spare, vfs, vdpa, vduse, noIommu }) => [
    ...(spare ? [toUserSpace(spareAddress, { noIommu })] : []),
    ...Array.from({ length: vfs }, (_, index) => virtualFunction(index, vfs, { noIommu })),
    ...(vdpa ? [vdpaOf(virtioAddress)] : []),
    ...(vduse ? [vduseDevice] : []),
  ]);

const vduseDevice: ChosenDevice = {
  pciAddress: 'vd0',
  driver: null,
  why: 'test',
  create: [{ kind: 'vdpa', name: 'vd0', mgmtdev: 'vduse' }],
  modules: ['vhost_vdpa'],
  noIommu: false,
};

/** A machine on which some of what a plan needs is there already, and some huge pages are in use. */
export const anyMachine: fc.Arbitrary<FakeState> = fc
  .record({
    loaded: fc.subarray([['igbvf'], ['vfio'], ['vfio', 'vfio_pci_core', 'vfio_pci'], ['vdpa', 'vhost_vdpa']]),
    noIommu: fc.constantFrom('Y' as const, 'N' as const),
    pools: fc.tuple(fc.nat({ max: 1500 }), fc.nat({ max: 1500 }), fc.double({ min: 0, max: 1, noNaN: true })),
    up: fc.boolean(),
    mtu: fc.constantFrom(1500, 9000),
    override: fc.constantFrom(null, 'e1000e', 'vfio-pci'),
    numaNode: fc.constantFrom(0, 1, null),
    autoprobe: fc.constantFrom('0' as const, '1' as const),
    virtioVdpaFirst: fc.boolean(),
  })
  .map(({ loaded, noIommu, pools, up, mtu, override, numaNode, autoprobe, virtioVdpaFirst }) => {
    const base = machine();
    const state = machine({
      loaded: [...new Set([...base.loaded, ...loaded.flat()])],
      pools: [pools[0], pools[1]].map((total) => ({ most: 8192, total, used: Math.floor(total * pools[2]) })),
      virtioVdpaFirst,
    });
    state.noIommu = state.loaded.includes('vfio') ? noIommu : 'N';
    const { [spareAddress]: spare, [pfAddress]: pf } = state.devices;
    if (spare?.interface != null) Object.assign(spare.interface, { up, mtu });
    if (spare !== undefined) Object.assign(spare, { override, numaNode });
    if (pf?.sriov != null) pf.sriov.autoprobe = autoprobe;
    return state;
  });
