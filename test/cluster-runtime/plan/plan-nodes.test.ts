// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { planStack } from '../../../src/cluster/deploy/plan-stack.ts';
import { type LiveNode, labelNodes, planNodes, readNodes } from '../../../src/cluster/plan/plan-nodes.ts';
import type { PlannedNode } from '../../../src/cluster/stack/stack-plan.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { alibabaNode, awsNode, connectxNode } from '../../fixtures/cluster-nodes.ts';
import { FakeApi, status } from '../watch/fake-api.ts';

const labels = { 'vdpactl.io/provider': 'aws', 'vdpactl.io/device-set': 'aws' };
const live = (name: string, change: Partial<LiveNode> = {}): LiveNode => ({
  ...{ name, uid: `uid-${name}`, owner: null, labels: {} },
  ...change,
});
const planned = (name: string, own: Record<string, string> = labels): PlannedNode => ({
  ...{ name, provider: 'aws', backend: 'testpmd', devices: 1 },
  labels: own,
});

describe('planNodes', () => {
  it.each<[string, LiveNode[], PlannedNode[], object[]]>([
    ['labels a node that is new to the stack', [live('a')], [planned('a')], [{ node: 'a', action: 'label' }]],
    [
      'leaves one that is as planned',
      [live('a', { owner: 'n', labels })],
      [planned('a')],
      [{ node: 'a', action: 'unchanged' }],
    ],
    ['marks one that has the labels only', [live('a', { labels })], [planned('a')], [{ node: 'a', action: 'label' }]],
    [
      'labels one anew that has others',
      [live('a', { owner: 'n', labels: { ...labels, 'vdpactl.io/backend': 'x' } })],
      [planned('a')],
      [{ node: 'a', action: 'label' }],
    ],
    [
      'releases one that is no longer planned',
      [live('a', { owner: 'n', labels })],
      [],
      [{ node: 'a', action: 'release' }],
    ],
    ['leaves those of others alone', [live('a', { owner: 'other', labels }), live('b')], [], []],
    ['has nothing to do for one that is not there', [], [planned('a')], []],
  ])('%s', (_, nodes, plan, changes) => {
    expect(planNodes(nodes, plan, 'n')).toMatchObject(changes);
    expect(planNodes(nodes, plan, 'n')).toHaveLength(changes.length);
  });

  it('says which labels differ', () => {
    const [change] = planNodes(
      [live('a', { owner: 'n', labels: { 'vdpactl.io/provider': 'aws', 'vdpactl.io/backend': 'x' } })],
      [planned('a')],
      'n',
    );
    expect(change?.fields).toEqual([
      { path: '.metadata.labels["vdpactl.io/backend"]', from: 'x', to: undefined },
      { path: '.metadata.labels["vdpactl.io/device-set"]', from: undefined, to: 'aws' },
    ]);
  });

  it('refuses nodes of another stack, and says whose they are', () => {
    const nodes = [live('a', { owner: 'other' }), live('b', { owner: 'other' })];
    expect(() => planNodes(nodes, [planned('a'), planned('b')], 'n')).toThrow(
      expect.objectContaining({
        code: 'VDPA-STACK-001',
        details: ['node a: belongs to the stack in other', 'node b: belongs to the stack in other'],
        next: expect.stringContaining('--namespace other'),
      }),
    );
  });

  it('has nothing left to do once it was done, of whatever nodes', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const someLabels = fc.dictionary(
      fc.constantFrom(...Object.keys(labels), 'vdpactl.io/backend'),
      fc.constantFrom('x', 'y'),
    );
    const lives = fc.uniqueArray(
      fc.record({ name, uid: name, owner: fc.constantFrom(null, 'n'), labels: someLabels }),
      { selector: (one) => one.name },
    );
    const plans = fc.uniqueArray(
      fc.tuple(name, someLabels).map(([one, own]) => planned(one, own)),
      { selector: (one) => one.name },
    );
    fc.assert(
      fc.property(lives, plans, (nodes, plan) => {
        const wanted = new Map(plan.map((one) => [one.name, one.labels]));
        const changes = new Map(planNodes(nodes, plan, 'n').map(({ node, action }) => [node, action]));
        const after = nodes.map((node): LiveNode => {
          const action = changes.get(node.name);
          if (action === 'label') return { ...node, owner: 'n', labels: wanted.get(node.name) ?? {} };
          return action === 'release' ? { ...node, owner: null, labels: {} } : node;
        });
        expect(planNodes(after, plan, 'n').filter(({ action }) => action !== 'unchanged')).toEqual([]);
      }),
    );
  });

  it('looks at every label that a plan can set', () => {
    const reports = [awsNode('aws-1'), connectxNode('metal-1'), alibabaNode('ali-1', {})];
    const results = reports.map((report) => ({ node: report.node.name ?? '', report }));
    const { plan } = planStack(results, null, configSchema.parse({}), []);
    const nodes = plan.nodes.map(({ name, labels: own }) => live(name, { owner: 'n', labels: own }));
    expect(planNodes(nodes, plan.nodes, 'n').every(({ action }) => action === 'unchanged')).toBe(true);
    const keys = new Set(plan.nodes.flatMap(({ labels: own }) => Object.keys(own)));
    expect([...keys].every((key) => key.startsWith('vdpactl.io/'))).toBe(true);
  });
});

describe('the nodes of a cluster', () => {
  const path = '/api/v1/nodes';
  const signal = new AbortController().signal;
  let api: FakeApi;
  let client: KubeClient;
  beforeEach(async () => {
    ({ api, client } = await FakeApi.start());
  });
  afterEach(async () => {
    client.close();
    await api.stop();
  });
  const put = (name: string) =>
    api.put(path, {
      metadata: {
        name,
        uid: `uid-${name}`,
        labels: { ...labels, 'kubernetes.io/arch': 'amd64' },
        annotations: { 'vdpactl.io/owner': 'n' },
      },
    });

  it('are read in pages, each with what is needed of it', async () => {
    for (let index = 0; index < 1_100; index += 1) put(`node-${index}`);
    const nodes = await readNodes(client, signal);
    expect(nodes).toHaveLength(1_100);
    expect(nodes[0]).toEqual({ name: 'node-0', uid: 'uid-node-0', owner: 'n', labels });
  });

  it('are labelled by their uid, so that none is made by it', async () => {
    put('there');
    api.put(path, { metadata: { name: 'new', uid: 'another' } });
    const nodes = ['there', 'new', 'gone'].map((name) => ({ node: live(name), labels }));
    await labelNodes(client, nodes, 'n', signal);
    expect(api.get(path, 'gone')).toBeUndefined();
    expect(api.get(path, 'new')?.metadata).not.toHaveProperty('labels');
    expect(api.writes.find(({ path: at }) => at.endsWith('/there'))?.body).toEqual({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'there', uid: 'uid-there', labels, annotations: { 'vdpactl.io/owner': 'n' } },
    });
  });

  it('are let go of by an apply of nothing', async () => {
    put('there');
    await labelNodes(client, [{ node: live('there'), labels: null }], null, signal);
    expect(api.writes[0]?.body).toEqual({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'there', uid: 'uid-there' },
    });
  });

  it('a refusal is no node that has gone', async () => {
    put('there');
    api.refuse = (_, method) => (method === 'PATCH' ? { status: 422, body: status(422, 'Invalid', 'no') } : null);
    await expect(labelNodes(client, [{ node: live('there'), labels }], 'n', signal)).rejects.toMatchObject({
      code: 'VDPA-CLUSTER-006',
    });
  });
});
