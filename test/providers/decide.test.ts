// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { NodeReport } from '../../src/platform/node-report.ts';
import { decide } from '../../src/providers/decide.ts';
import { config, nicReport, nodeReport } from '../fixtures/reports.ts';

type Dmi = NodeReport['node']['dmi'];
const dmi = (sysVendor: string, productName: string | null = null): { node: { dmi: Dmi } } => ({
  node: { dmi: { sysVendor, productName, chassisAssetTag: null } },
});
const usable = { iommu: { enabled: true, groups: 9 }, modules: { vfio_pci: 'available' as const } };
const ec2 = dmi('Amazon EC2', 'c5n.4xlarge');
const ecs = dmi('Alibaba Cloud', 'Alibaba Cloud ECS');
const uplink = nicReport({ uplink: true, uplinkReasons: ['eth0 has an address'] });
const spare = nicReport({
  pciAddress: '0000:00:04.0',
  netdevs: ['eth1'],
  kind: 'dpdk',
  driver: 'e1000e',
  iommuGroup: 4,
});
const ena = nicReport({ pciAddress: '0000:00:06.0', vendor: '1d0f', device: 'ec20', kind: 'ena', driver: 'ena' });
const metadata = (name: 'aws' | 'alibaba') => ({
  name,
  instanceId: 'i-1',
  instanceType: name === 'aws' ? 'c5n.4xlarge' : 'ecs.g7.xlarge',
  region: null,
  zone: 'zone-a',
  source: 'http://metadata',
});

describe('the provider', () => {
  it.each<[string, NodeReport, string]>([
    ['nothing but an uplink', nodeReport({ nics: [uplink] }), 'local'],
    ['no NIC at all', nodeReport(), 'local'],
    ['a NIC without a DPDK driver', nodeReport({ nics: [nicReport({ kind: 'other' })] }), 'local'],
    ['a spare NIC', nodeReport({ node: usable, nics: [uplink, spare] }), 'baremetal'],
    ['a spare NIC that no backend can use', nodeReport({ nics: [uplink, spare] }), 'local'],
    [
      'a spare NIC on a cloud that has no provider',
      nodeReport({ node: { ...usable, ...dmi('Google').node }, nics: [uplink, spare] }),
      'baremetal',
    ],
    ["EC2's firmware", nodeReport({ ...ec2, nics: [uplink] }), 'aws'],
    ["EC2's firmware and a spare vDPA NIC", nodeReport({ ...ec2, nics: [nicReport({ kind: 'vdpa' })] }), 'aws'],
    ['an ENA and firmware that says nothing', nodeReport({ nics: [ena] }), 'aws'],
    ["Alibaba's firmware", nodeReport({ ...ecs, nics: [uplink, spare] }), 'alibaba'],
    [
      "Alibaba's metadata against EC2's firmware",
      nodeReport({ node: { ...ec2.node, cloud: metadata('alibaba') } }),
      'alibaba',
    ],
    [
      'a VDUSE device',
      nodeReport({ node: { vdpa: { managementDevices: [], devices: [], vduse: ['vd0'] } } }),
      'baremetal',
    ],
  ])('of a node with %s', (_what, report, provider) => {
    expect(decide(report, config()).provider).toBe(provider);
  });

  it('is shown with what speaks for it and against each of the others', () => {
    const node = { ...ec2.node, modules: { vfio_pci: 'loaded' as const } };
    const decision = decide(nodeReport({ node, nics: [uplink, ena] }), config());
    expect(decision.evidence).toEqual([
      { claim: 'firmware', source: '/sys/class/dmi/id/sys_vendor', value: 'Amazon EC2' },
      { claim: 'Elastic Network Adapter', source: '/sys/bus/pci/devices/0000:00:06.0', value: '1d0f:ec20' },
    ]);
    const whys = Object.fromEntries(decision.rejected.map(({ what, why }) => [what, why]));
    expect(whys['provider:alibaba']).toBe('neither the firmware nor the metadata service says Alibaba Cloud');
    expect(whys['provider:baremetal']).toContain('NIC to give away 1d0f:ec20');
    expect(whys['provider:local']).toBe('fits every machine, and this one is one of aws');
  });

  it('is decided on in spite of a conflict, which is reported', () => {
    const report = nodeReport({ node: { ...ec2.node, cloud: metadata('alibaba') }, nics: [ena] });
    expect(decide(report, config()).conflicts).toEqual([
      'decided on alibaba, but firmware Amazon EC2 (/sys/class/dmi/id/sys_vendor), Elastic Network Adapter 1d0f:ec20 (/sys/bus/pci/devices/0000:00:06.0) speaks for aws',
    ]);
  });

  it('may be one that nothing speaks for, when the user says so', () => {
    const decision = decide(nodeReport({ nics: [spare] }), config({ provider: 'aws' }), ['provider']);
    expect(decision).toMatchObject({ provider: 'aws', backend: 'testpmd', overridden: ['provider=aws'] });
    expect(decision.conflicts).toEqual([expect.stringMatching(/^nothing on this node speaks for aws/)]);
  });

  it.each<[string, Parameters<typeof config>[0], string[], string[]]>([
    ['nothing', {}, [], []],
    ['a provider that the config file names', { provider: 'local' }, ['provider'], ['provider=local']],
    ['both', { provider: 'local', backend: 'testpmd' }, ['provider', 'backend'], ['provider=local', 'backend=testpmd']],
    ['auto, which is no choice', { provider: 'auto' }, ['provider', 'backend'], []],
    ['what only the defaults name', { provider: 'local' }, [], []],
    [
      'what the provider reads',
      { local: { devices: 2 } },
      ['local.devices', 'bench.trials', 'nics.exclude'],
      ['local.devices=2'],
    ],
  ])('is recorded as overridden: %s', (_what, change, set, overridden) => {
    expect(decide(nodeReport(), config(change), set).overridden).toEqual(overridden);
  });

  it('records which NICs were chosen', () => {
    const nics = { ...config().nics, include: ['0000:00:04.0', '1af4:1041'], virtualFunctions: 2 };
    const set = ['nics.include', 'nics.virtualFunctions', 'local.devices'];
    expect(decide(nodeReport({ nics: [spare] }), { ...config(), nics }, set).overridden).toEqual([
      'nics.include=0000:00:04.0,1af4:1041',
      'nics.virtualFunctions=2',
    ]);
  });

  it('has only its own backends', () => {
    const wrong = config({ provider: 'aws', backend: 'vhost-vdpa' });
    expect(() => decide(nodeReport(), wrong)).toThrow(expect.objectContaining({ code: 'VDPA-PROVIDER-001' }));
  });
});

describe('the local provider', () => {
  it.each<[string, Parameters<typeof config>[0], string[], string]>([
    ['memif', { provider: 'local', local: { devices: 2 } }, ['local0', 'local1'], 'memif'],
    ['null', { provider: 'local', local: { wire: 'null' } }, ['local0'], 'null device'],
    ['af_packet', { provider: 'local', local: { wire: 'af_packet', interface: 'veth0' } }, ['local0'], '(veth0)'],
  ])('offers as many virtual devices as are wanted, on wire %s', (_what, change, devices, why) => {
    const decision = decide(nodeReport(), config(change));
    expect(decision.devices.map(({ pciAddress }) => pciAddress)).toEqual(devices);
    for (const device of decision.devices)
      expect(device).toMatchObject({ driver: null, create: [], why: expect.stringContaining(why) });
  });

  it('takes no NIC, and an uplink least of all', () => {
    const { devices, rejected } = decide(nodeReport({ nics: [uplink, spare] }), config({ provider: 'local' }));
    expect(devices.map(({ pciAddress }) => pciAddress)).toEqual(['local0']);
    expect(rejected).toEqual(
      expect.arrayContaining([
        {
          what: 'device:0000:00:03.0',
          why: 'is an uplink (eth0 has an address): never offered, bound or reset',
        },
        { what: 'device:0000:00:04.0', why: 'the local provider takes no PCI device' },
      ]),
    );
  });
});
