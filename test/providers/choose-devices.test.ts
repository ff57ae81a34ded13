// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config-schema.ts';
import type { Nic, NodeReport } from '../../src/platform/node-report.ts';
import { decide } from '../../src/providers/decide.ts';
import { config, nicReport, nodeReport } from '../fixtures/reports.ts';

const modules = {
  vfio_pci: 'available',
  vfio_iommu_type1: 'available',
  vhost_vdpa: 'available',
  vp_vdpa: 'available',
  eni_vdpa: 'available',
  mlx5_vdpa: 'available',
  ifcvf: 'available',
} as const;
const iommu = { enabled: true, groups: 20 };
const full = { modules, iommu };
const alibaba = { dmi: { sysVendor: 'Alibaba Cloud', productName: 'Alibaba Cloud ECS', chassisAssetTag: null } };
const aws = { dmi: { sysVendor: 'Amazon EC2', productName: 'm5.metal', chassisAssetTag: null } };

const virtio = nicReport({ pciAddress: '0000:00:05.0', netdevs: ['eth1'], iommuGroup: 5, subsystemVendor: '1af4' });
const transitional = { ...virtio, device: '1000', subsystemDevice: '0001' };
const ena = nicReport({
  pciAddress: '0000:00:06.0',
  vendor: '1d0f',
  device: 'ec20',
  kind: 'ena',
  driver: 'ena',
  iommuGroup: 6,
});
const mlx5 = nicReport({
  pciAddress: '0000:65:00.2',
  vendor: '15b3',
  device: '101e',
  kind: 'vdpa',
  driver: 'mlx5_core',
  iommuGroup: 30,
});
const ifcvf = nicReport({
  pciAddress: '0000:3b:00.2',
  kind: 'vdpa',
  driver: null,
  iommuGroup: 9,
  subsystemVendor: '8086',
  subsystemDevice: '001a',
});
const igb = nicReport({
  pciAddress: '0000:01:10.0',
  vendor: '8086',
  device: '10ca',
  kind: 'dpdk',
  driver: 'igbvf',
  iommuGroup: 12,
});
const uplink = nicReport({ uplink: true, uplinkReasons: ['eth0 has an address'], iommuGroup: 3 });
const pf = nicReport({
  pciAddress: '0000:01:00.0',
  vendor: '8086',
  device: '10c9',
  kind: 'dpdk',
  driver: 'igb',
  iommuGroup: 11,
  sriov: { totalVfs: 7, numVfs: 0, isVf: false, pf: null, vfOffset: 128, vfStride: 2, vfDevice: '10ca' },
});

function planFor(nic: Nic, node: Partial<NodeReport['node']>, change: Partial<Config> = {}) {
  return decide(nodeReport({ node, nics: [uplink, nic] }), { ...config(), ...change });
}

describe('the backend and what it needs', () => {
  it.each<[string, Nic, Partial<NodeReport['node']>, object]>([
    [
      'ENA with an IOMMU',
      ena,
      { ...full, ...aws },
      { backend: 'testpmd', device: { driver: 'vfio-pci', noIommu: false } },
    ],
    [
      'ENA without one',
      { ...ena, iommuGroup: null },
      { modules, ...aws },
      { backend: 'testpmd', device: { driver: 'vfio-pci', noIommu: true, modules: ['vfio_pci'] } },
    ],
    [
      'virtio on Alibaba: the kernel',
      virtio,
      { ...full, ...alibaba },
      {
        backend: 'vhost-vdpa',
        device: {
          driver: 'vp-vdpa',
          create: [{ kind: 'vdpa', name: 'vdpa-0000-00-05-0', mgmtdev: 'pci/0000:00:05.0' }],
          modules: ['vp_vdpa', 'vhost_vdpa'],
        },
      },
    ],
    [
      'an older kernel, which makes the device by itself',
      virtio,
      { ...full, ...alibaba, kernel: '5.10.0' },
      { backend: 'vhost-vdpa', device: { create: [{ mgmtdev: null }] } },
    ],
    [
      'transitional virtio on Alibaba',
      transitional,
      { ...full, ...alibaba },
      { backend: 'vhost-vdpa', device: { driver: 'alibaba-eni-vdpa', create: [{ mgmtdev: null }] } },
    ],
    [
      'virtio on Alibaba where the kernel has no vp_vdpa',
      virtio,
      { ...full, ...alibaba, modules: { ...modules, vp_vdpa: 'missing' } },
      { backend: 'testpmd', device: { driver: 'vfio-pci' } },
    ],
    [
      'virtio on Alibaba without an IOMMU, which vhost_vdpa needs',
      { ...virtio, iommuGroup: null },
      { modules, ...alibaba },
      { backend: 'testpmd', device: { driver: 'vfio-pci', noIommu: true } },
    ],
    ['ConnectX-6 Dx', mlx5, full, { backend: 'dpdk-vdpa', device: { driver: null, create: [] } }],
    ['IFCVF', ifcvf, full, { backend: 'dpdk-vdpa', device: { driver: 'vfio-pci' } }],
    [
      'a vDPA device that the kernel has made',
      { ...mlx5, vdpa: { name: 'vdpa0', mgmtdev: 'pci/0000:65:00.2', path: '/dev/vhost-vdpa-0' } },
      full,
      { backend: 'vhost-vdpa', device: { driver: null, create: [] } },
    ],
    ['any other NIC', igb, full, { backend: 'testpmd', device: { driver: 'vfio-pci' } }],
  ])('%s', (_what, nic, node, { backend, device }: { backend?: string; device?: object }) => {
    const decision = planFor(nic, node);
    expect(decision.backend).toBe(backend);
    expect(decision.devices).toEqual([expect.objectContaining({ pciAddress: nic.pciAddress })]);
    expect(decision.devices[0]).toMatchObject(device ?? {});
  });

  it('says why the better ones are not taken', () => {
    const { rejected } = planFor(virtio, { ...full, ...alibaba, modules: { ...modules, vhost_vdpa: 'missing' } });
    expect(rejected).toContainEqual({
      what: 'backend:dpdk-vdpa',
      why: '0000:00:05.0: a virtio NIC needs the vDPA daemon of vdpactl, which this version does not have',
    });
    expect(rejected).toContainEqual({ what: 'backend:vhost-vdpa', why: '0000:00:05.0: the kernel has no vhost_vdpa' });
  });

  it('takes no device that nothing isolates, unless it is allowed', () => {
    const without = { ...igb, iommuGroup: null };
    const refused = planFor(without, { modules }, { provider: 'baremetal' });
    expect(refused).toMatchObject({ provider: 'baremetal', devices: [] });
    expect(refused.rejected).toContainEqual({
      what: 'backend:testpmd',
      why: expect.stringContaining('nics.noIommu: allow'),
    });
    const allowed = planFor(without, { modules }, { nics: { ...config().nics, noIommu: 'allow' } });
    expect(allowed.devices).toEqual([expect.objectContaining({ noIommu: true })]);
  });

  it.each(['uio_pci_generic', 'igb_uio'] as const)('knows that %s lets no IOMMU isolate anything', (driver) => {
    const node = { ...full, modules: { ...modules, uio_pci_generic: 'available', igb_uio: 'loaded' } } as const;
    const withNics = (noIommu: Config['nics']['noIommu']) =>
      planFor(igb, node, { provider: 'baremetal', nics: { ...config().nics, driver, noIommu } });
    expect(withNics('auto').devices).toEqual([]);
    expect(withNics('auto').rejected).toContainEqual({
      what: 'backend:testpmd',
      why: expect.stringMatching(`with ${driver}: .*set nics.driver: vfio-pci, or set nics.noIommu: allow`),
    });
    expect(withNics('allow').devices).toEqual([expect.objectContaining({ driver, noIommu: true })]);
  });

  it.each<[string, Partial<Nic>, string]>([
    ['of Pensando', { vendor: '1dd8', device: '100b', driver: 'pds_core' }, 'pds_core'],
    ['of Octeon', { vendor: '177d', device: 'b903', driver: null }, 'octep_vdpa'],
  ])('makes no vDPA device %s without an IOMMU, through which the kernel hands it memory', (_, ids, driver) => {
    const nic = { ...mlx5, ...ids, sriov: null };
    const there = { ...modules, pds_vdpa: 'available', octep_vdpa: 'available' } as const;
    const vhost = { provider: 'baremetal', backend: 'vhost-vdpa' } as const;
    expect(planFor({ ...nic, iommuGroup: null }, { modules: there }, vhost)).toMatchObject({ devices: [] });
    expect(planFor(nic, { modules: there, iommu }, vhost).devices).toEqual([expect.objectContaining({ driver })]);
  });

  it('tells a physical function of mlx5 whose SR-IOV is off from a virtual one in a guest', () => {
    const vhost = { provider: 'baremetal', backend: 'vhost-vdpa' } as const;
    const inGuest = planFor({ ...mlx5, sriov: null }, full, vhost);
    expect(inGuest.devices).toHaveLength(1);
    const physical = planFor({ ...mlx5, device: '101d', sriov: null }, full, vhost);
    expect(physical.devices).toEqual([]);
    expect(JSON.stringify(physical.rejected)).toContain('mlx5_vdpa takes its virtual functions only');
  });

  it.each<[string, Partial<Nic>]>([
    ['an IFCVF', ifcvf],
    ['a Pensando vDPA function', { vendor: '1dd8', device: '100b' }],
    ['one that only the kernel knows', { vendor: 'abcd', device: '0001' }],
  ])('does not give testpmd a NIC that is no network port to DPDK: %s', (_, ids) => {
    const decision = planFor({ ...mlx5, ...ids }, full, { provider: 'baremetal', backend: 'testpmd' });
    expect(decision.devices).toEqual([]);
    expect(JSON.stringify(decision.rejected)).toContain('it is driven as a vDPA device only');
  });

  it('offers no device where only the uplink is left, and says what to do', () => {
    const decision = decide(nodeReport({ node: aws, nics: [uplink] }), config());
    expect(decision).toMatchObject({ provider: 'aws', devices: [] });
    expect(decision.evidence.at(-1)?.claim).toMatch(/^no device: .*attach a second network interface/);
  });
});

describe('a NIC that DPDK shares with the kernel', () => {
  it.each<[string, string | null, string | null]>([
    ['stays with its driver', 'mlx5_core', null],
    ['goes back to it from user space', 'vfio-pci', 'mlx5_core'],
    ['is bound to it when it has none, as a new virtual function', null, 'mlx5_core'],
  ])('%s', (_what, driver, bound) => {
    const node = { ...full, modules: { ...modules, mlx5_core: 'loaded' as const } };
    expect(planFor({ ...mlx5, driver }, node).devices).toEqual([expect.objectContaining({ driver: bound })]);
  });

  it.each<[string, Partial<Nic>, string]>([
    ['ConnectX-3', { vendor: '15b3', device: '1003' }, 'mlx4_core'],
    ['ConnectX-5', { vendor: '15b3', device: '1017' }, 'mlx5_core'],
    ['the Azure adapter', { vendor: '1414', device: '00b9' }, 'mana'],
  ])('goes back to the driver of its own kind: %s', (_what, ids, bound) => {
    const node = {
      ...full,
      modules: { ...modules, mlx4_core: 'available', mlx5_core: 'available', mana: 'available' },
    } as const;
    const nic = { ...igb, ...ids, driver: 'vfio-pci' };
    expect(planFor(nic, node).devices).toEqual([expect.objectContaining({ driver: bound, modules: [bound] })]);
  });
});

describe('virtual functions', () => {
  const nics = { ...config().nics, virtualFunctions: 2 };

  it('are named before they are there', () => {
    const { devices, rejected } = planFor(pf, full, { nics });
    expect(devices).toEqual([
      expect.objectContaining({
        pciAddress: '0000:01:10.0',
        driver: 'vfio-pci',
        create: [{ kind: 'vf', pf: '0000:01:00.0', count: 2 }],
      }),
      expect.objectContaining({ pciAddress: '0000:01:10.2' }),
    ]);
    expect(rejected).toContainEqual({
      what: 'device:0000:01:00.0',
      why: 'its 2 virtual functions are offered instead',
    });
  });

  it('are not made where some are there', () => {
    const sriov = { totalVfs: 7, numVfs: 1, isVf: false, pf: null, vfOffset: 128, vfStride: 2, vfDevice: '10ca' };
    const decision = decide(nodeReport({ node: full, nics: [uplink, { ...pf, sriov }, igb] }), { ...config(), nics });
    expect(decision.devices.map(({ pciAddress }) => pciAddress)).toEqual(['0000:01:10.0']);
  });

  it('are never made of an uplink', () => {
    const decision = decide(nodeReport({ node: full, nics: [{ ...pf, uplink: true }] }), { ...config(), nics });
    expect(decision.devices.filter(({ create }) => create.length > 0)).toEqual([]);
  });
});

describe('the choice of NICs', () => {
  const two = [uplink, igb, { ...igb, pciAddress: '0000:01:10.2' }];
  it.each<[string, Partial<Config['nics']>, string[]]>([
    ['all that fit', {}, ['0000:01:10.0', '0000:01:10.2']],
    ['by address', { include: ['0000:01:10.2'] }, ['0000:01:10.2']],
    ['by ids', { include: ['8086:10ca'] }, ['0000:01:10.0', '0000:01:10.2']],
    ['without one', { exclude: ['0000:01:10.0'] }, ['0000:01:10.2']],
  ])('%s', (_what, change, expected) => {
    const decision = decide(nodeReport({ node: full, nics: two }), {
      ...config(),
      nics: { ...config().nics, ...change },
    });
    expect(decision.devices.map(({ pciAddress }) => pciAddress)).toEqual(expected);
  });

  it('never falls on what goes together with an uplink', () => {
    const { devices, rejected } = planFor({ ...igb, iommuGroup: 3 }, full, { provider: 'baremetal' });
    expect(devices).toEqual([]);
    expect(rejected).toContainEqual({
      what: 'device:0000:01:10.0',
      why: 'shares IOMMU group 3 with the uplink 0000:00:03.0',
    });
  });
});

describe('software vDPA devices', () => {
  const vdpa = (change: Partial<NodeReport['node']['vdpa']>) => ({
    ...full,
    modules: { ...modules, vduse: 'loaded' as const },
    vdpa: { managementDevices: [], devices: [], vduse: [], ...change },
  });
  const device = { name: 'vd0', driver: 'vhost_vdpa', path: '/dev/vhost-vdpa-0', pciAddress: null, mgmtdev: 'vduse' };

  it('are made of what a VDUSE program offers', () => {
    const decision = decide(nodeReport({ node: vdpa({ vduse: ['vd0'] }), nics: [uplink] }), config());
    expect(decision).toMatchObject({ provider: 'baremetal', backend: 'vhost-vdpa' });
    expect(decision.devices).toEqual([
      expect.objectContaining({ pciAddress: 'vd0', create: [{ kind: 'vdpa', name: 'vd0', mgmtdev: 'vduse' }] }),
    ]);
  });

  it('are taken as they are when they are there', () => {
    const node = vdpa({ vduse: ['vd0'], devices: [device] });
    expect(decide(nodeReport({ node, nics: [uplink] }), config()).devices).toEqual([
      expect.objectContaining({ pciAddress: 'vd0', create: [] }),
    ]);
  });

  it.each([
    ['one that the kernel uses itself', { ...device, driver: 'virtio_vdpa' }, 'virtio_vdpa'],
    ['the simulator', { ...device, mgmtdev: 'vdpasim_net' }, 'loops back'],
  ])('are not taken: %s', (_what, change, why) => {
    const decision = decide(nodeReport({ node: vdpa({ devices: [change] }), nics: [uplink, igb] }), config());
    expect(decision.devices.map(({ pciAddress }) => pciAddress)).toEqual(['0000:01:10.0']);
    expect(decision.rejected.find(({ what }) => what === 'backend:vhost-vdpa')?.why).toContain(why);
  });
});

describe('whatever the facts and the config', () => {
  const kinds = [virtio, transitional, ena, mlx5, ifcvf, igb, pf];
  const nic = fc.tuple(fc.constantFrom(...kinds), fc.boolean(), fc.nat(31), fc.option(fc.nat(4))).map(
    ([base, isUplink, slot, group]): Nic => ({
      ...base,
      pciAddress: `0000:07:${slot.toString(16).padStart(2, '0')}.0`,
      uplink: isUplink,
      uplinkReasons: isUplink ? ['eth9 has an address'] : [],
      iommuGroup: group,
    }),
  );
  const anyNode = fc.record({
    nics: fc.uniqueArray(nic, { maxLength: 8, selector: ({ pciAddress }) => pciAddress }),
    dmi: fc.constantFrom(alibaba, aws, {}),
    enabled: fc.boolean(),
  });
  const anyConfig = fc.record({
    provider: fc.constantFrom(
      'auto' as const,
      'baremetal' as const,
      'alibaba' as const,
      'aws' as const,
      'local' as const,
    ),
    include: fc.option(
      fc.array(fc.constantFrom('0000:07:00.0', '0000:07:01.0', '1af4:1041', '8086:10c9'), { minLength: 1 }),
    ),
    virtualFunctions: fc.nat(4),
    noIommu: fc.constantFrom('auto' as const, 'allow' as const, 'deny' as const),
  });

  it('no uplink, and no function of one, is ever chosen', () => {
    fc.assert(
      fc.property(anyNode, anyConfig, ({ nics, dmi, enabled }, { provider, ...choice }) => {
        const report = nodeReport({ node: { ...full, ...dmi, iommu: { enabled, groups: 1 } }, nics });
        const decision = decide(report, { ...config(), provider, nics: { ...config().nics, ...choice } });
        const uplinks = nics.filter((each) => each.uplink).map(({ pciAddress }) => pciAddress);
        const touched = decision.devices.flatMap(({ pciAddress, create }) => [
          pciAddress,
          ...create.flatMap((each) => (each.kind === 'vf' ? [each.pf] : [])),
        ]);
        expect(touched.filter((address) => uplinks.includes(address))).toEqual([]);
      }),
      { seed: 20191121, numRuns: 3000 },
    );
  });
});
