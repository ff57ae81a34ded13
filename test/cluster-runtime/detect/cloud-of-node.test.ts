// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { cloudOfNode } from '../../../src/cluster/detect/cloud-of-node.ts';

const labels = {
  'topology.kubernetes.io/region': 'cn-hangzhou',
  'topology.kubernetes.io/zone': 'cn-hangzhou-b',
  'node.kubernetes.io/instance-type': 'ecs.ebmg5s.24xlarge',
};

it.each([
  ['aws:///eu-central-1a/i-0abc', {}, ['aws', 'i-0abc', null, 'eu-central-1', 'eu-central-1a']],
  ['aws:///us-gov-west-1b/i-0abc', {}, ['aws', 'i-0abc', null, 'us-gov-west-1', 'us-gov-west-1b']],
  ['aws:///us-west-2-lax-1a/i-0abc', {}, ['aws', 'i-0abc', null, null, 'us-west-2-lax-1a']],
  ['cn-hangzhou.i-bp1abc', {}, ['alibaba', 'i-bp1abc', null, 'cn-hangzhou', null]],
  [
    'alicloud://cn-hangzhou.i-bp1abc',
    labels,
    ['alibaba', 'i-bp1abc', 'ecs.ebmg5s.24xlarge', 'cn-hangzhou', 'cn-hangzhou-b'],
  ],
  ['gce://project/europe-west1-b/node', {}, null],
  ['kind://docker/kind/worker', {}, null],
  ['aws:///eu-central-1a/fargate-10.0.0.1', {}, null],
  ['', {}, null],
  [undefined, labels, null],
] as const)('%s', (providerId, nodeLabels, expected) => {
  const cloud = cloudOfNode(providerId, nodeLabels);
  const { name, instanceId, instanceType, region, zone } = cloud ?? {};
  expect(cloud === null ? null : [name, instanceId, instanceType, region, zone]).toEqual(expected);
});
