// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { toManifestYaml } from '../../../src/output/manifests/manifest-yaml.ts';
import type { NodeReport } from '../../../src/platform/node-report.ts';
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
} from '../../fixtures/cluster-nodes.ts';
import { renderNodes } from './render.ts';

const withMultus: Partial<NodeReport['node']> = {
  cni: { configFiles: ['00-multus.conf', '10-flannel.conflist'], multus: 'thick' },
};

const clusters: readonly [name: string, nodes: readonly NodeReport[], config: object][] = [
  ['aws', [awsNode('ip-172-31-5-9'), awsNode('ip-172-31-5-10')], {}],
  ['alibaba-vhost-vdpa', [alibabaNode('ecs-1', vhostVdpaModules, { ...withMultus, ...withIommu })], {}],
  ['alibaba-testpmd', [alibabaNode('ecs-2', vfioModules, withMultus)], {}],
  ['baremetal-igb', [igbNode('metal-1')], { kubernetes: { multus: 'present' } }],
  ['baremetal-connectx', [connectxNode('metal-2')], { kubernetes: { multus: 'present' } }],
  ['baremetal-vduse', [vduseNode('metal-3')], { kubernetes: { multus: 'present' } }],
  ['local', [localNode('laptop')], { local: { devices: 2 }, kubernetes: { workloads: ['l3fwd', 'seawreck'] } }],
  [
    'mixed',
    [
      awsNode('aws-1'),
      alibabaNode('ecs-1', vhostVdpaModules, withIommu),
      alibabaNode('ecs-2', vfioModules),
      igbNode('metal-1'),
      connectxNode('metal-2'),
      connectxNode('metal-4', '0000:65:00.0'),
      vduseNode('metal-3'),
      localNode('laptop'),
    ],
    {
      kubernetes: {
        workloads: ['seawreck', 'l3fwd'],
        tolerateAll: true,
        nodeSelector: ['node-role.kubernetes.io/worker='],
        images: { registry: 'registry.example.com:5000/mirror', pullSecrets: ['pull'] },
      },
    },
  ],
];

describe('the stack of a cluster', () => {
  it.each(clusters)('is, byte for byte, what golden/%s.yaml holds', async (name, nodes, config) => {
    await expect(toManifestYaml(renderNodes(nodes, config))).toMatchFileSnapshot(`golden/${name}.yaml`);
  });
});
