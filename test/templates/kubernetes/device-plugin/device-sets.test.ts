// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../../src/config/config-schema.ts';
import type { NodeReport } from '../../../../src/platform/node-report.ts';
import { decide } from '../../../../src/providers/decide.ts';
import { checkSelectors } from '../../../../src/templates/kubernetes/device-plugin/check-selectors.ts';
import { deviceSets } from '../../../../src/templates/kubernetes/device-plugin/device-sets.ts';
import { matchDevices } from '../../../../src/templates/kubernetes/device-plugin/match-devices.ts';
import { preparedNics } from '../../../../src/templates/kubernetes/device-plugin/prepared-nics.ts';
import {
  alibabaNode,
  awsNode,
  connectxNode,
  igbNode,
  localNode,
  vduseNode,
  vfioModules,
  vhostVdpaModules,
  withIommu,
} from '../../../fixtures/cluster-nodes.ts';
import { nicReport } from '../../../fixtures/reports.ts';
import { randomNicsConfig, randomNode } from './random-nodes.ts';

function decided(reports: readonly NodeReport[], change: object = {}) {
  const config = configSchema.parse(change);
  return reports.map((report) => ({ report, decision: decide(report, config) }));
}

const selectorsOf = (report: NodeReport, change: object = {}) =>
  deviceSets(decided([report], change)).sets[0]?.config.resourceList[0]?.selectors;

describe('the sets of the device plugin', () => {
  it.each<[string, NodeReport, object, unknown]>([
    ['AWS', awsNode('a'), {}, { vendors: ['1d0f'], devices: ['ec20'], drivers: ['vfio-pci'] }],
    [
      'Alibaba with vp_vdpa',
      alibabaNode('a', vhostVdpaModules, withIommu),
      {},
      { vendors: ['1af4'], devices: ['1041'], drivers: ['vp-vdpa'], vdpaType: 'vhost' },
    ],
    ['Alibaba', alibabaNode('a', vfioModules), {}, { vendors: ['1af4'], devices: ['1041'], drivers: ['vfio-pci'] }],
    ['igb VFs', igbNode('a'), {}, { vendors: ['8086'], devices: ['10ca'], drivers: ['vfio-pci'] }],
    [
      'a NIC that shares its driver with the uplink',
      connectxNode('a'),
      {},
      { vendors: ['15b3'], devices: ['101d'], drivers: ['mlx5_core'], pciAddresses: ['0000:65:00.1'] },
    ],
    [
      // Of a virtual function: mlx5_vdpa takes no other.
      'kernel vDPA on such a one',
      {
        ...connectxNode('a'),
        nics: connectxNode('a').nics.map((nic) => (nic.uplink ? nic : { ...nic, device: '101e' })),
      },
      { backend: 'vhost-vdpa' },
      {
        vendors: ['15b3'],
        devices: ['101e'],
        drivers: ['mlx5_core'],
        vdpaType: 'vhost',
        pciAddresses: ['0000:65:00.1'],
      },
    ],
    [
      'a device that is left out, and has the driver already',
      {
        ...igbNode('a'),
        nics: igbNode('a').nics.map((nic) =>
          nic.pciAddress === '0000:02:10.3' ? { ...nic, driver: 'vfio-pci' } : nic,
        ),
      },
      { nics: { exclude: ['0000:02:10.3'] } },
      { vendors: ['8086'], devices: ['10ca'], drivers: ['vfio-pci'], pciAddresses: ['0000:02:10.1'] },
    ],
  ])('select the devices of %s', (_what, report, change, selector) => {
    expect(selectorsOf(report, change)).toEqual(selector);
  });

  it('leave to the agent what the device plugin cannot see', () => {
    const eni = nicReport({ device: '1000', subsystemVendor: '1af4', subsystemDevice: '0001', iommuGroup: 7 });
    const withEni = {
      ...alibabaNode('eni', { eni_vdpa: 'available', vhost_vdpa: 'available' }, withIommu),
      nics: [eni],
    };
    const old = alibabaNode('old', vhostVdpaModules, { kernel: '5.15.0', ...withIommu });
    const nodes = [vduseNode('vduse'), localNode('local'), withEni, old];
    expect(deviceSets(decided(nodes))).toEqual({ sets: [], nameOf: ['agent', 'agent', 'agent', 'agent'] });
  });

  it('leave alone a node that has nothing to give away', () => {
    const { nics, ...rest } = awsNode('a');
    const bare = { ...rest, nics: nics.slice(0, 1) };
    expect(deviceSets(decided([bare]))).toEqual({ sets: [], nameOf: ['none'] });
  });

  it('are called after the provider, and each has its own name where it has several', () => {
    const one = deviceSets(decided([awsNode('a'), awsNode('b'), igbNode('c')]));
    expect(one.sets.map(({ name }) => name)).toEqual(['aws', 'baremetal']);
    expect(one.nameOf).toEqual(['aws', 'aws', 'baremetal']);
    const two = deviceSets(decided([connectxNode('a'), connectxNode('b', '0000:65:00.0'), awsNode('c')]));
    expect(two.nameOf).toEqual([
      expect.stringMatching(/^baremetal-[0-9a-f]{8}$/),
      expect.stringMatching(/^baremetal-[0-9a-f]{8}$/),
      'aws',
    ]);
    expect(new Set(two.nameOf).size).toBe(3);
    // Whoever else joins, the name stays.
    expect(deviceSets(decided([connectxNode('a'), igbNode('d')])).nameOf[0]).toBe(two.nameOf[0]);
  });

  it('match exactly the chosen devices of every node, and no uplink before or after it is prepared', () => {
    const cluster = fc.tuple(randomNode('a'), randomNode('b'), randomNode('c'));
    fc.assert(
      fc.property(cluster, randomNicsConfig, (reports, change) => {
        const nodes = decided(reports, change);
        const { sets, nameOf } = deviceSets(nodes);
        for (const [index, { report, decision }] of nodes.entries()) {
          const set = sets.find(({ name }) => name === nameOf[index]);
          if (set === undefined) continue;
          const selectors = set.config.resourceList.map((pool) => pool.selectors);
          const nics = preparedNics(report, decision);
          expect(matchDevices(selectors, { nics }).sort()).toEqual(
            decision.devices.map(({ pciAddress }) => pciAddress).sort(),
          );
          const uplinks = report.nics.filter(({ uplink }) => uplink).map(({ pciAddress }) => pciAddress);
          const matched = [...matchDevices(selectors, report), ...matchDevices(selectors, { nics })];
          expect(matched.filter((address) => uplinks.includes(address))).toEqual([]);
          expect(checkSelectors(set.config, [{ node: report.node, nics }])).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });
});
