// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodePage } from '../../../dataplane/contract/node-page.ts';
import type { KubeClient } from '../../../src/cluster/client/kube-client.ts';
import type { ObjectRef } from '../../../src/cluster/objects/object-ref.ts';
import { type Inventory, inventoryObject } from '../../../src/cluster/stack/inventory.ts';
import { clusterStatus } from '../../../src/cluster/status/cluster-status.ts';
import type { ClusterStatus } from '../../../src/cluster/status/status-types.ts';
import { watchStatus } from '../../../src/cluster/status/watch-status.ts';
import { schemaVersion } from '../../../src/schema-version.ts';
import {
  agentRef,
  daemonSet,
  daemonSets,
  namespace,
  node,
  nodesPath,
  planned,
  pluginRef,
  podOf,
  podsPath,
} from '../wait/stack-fixture.ts';
import { FakeApi, type FakeObject, status as failure } from '../watch/fake-api.ts';

const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
const appPods = '/api/v1/namespaces/app/pods';

let api: FakeApi;
let client: KubeClient;
let end: AbortController;

beforeEach(async () => {
  ({ api, client } = await FakeApi.start());
  end = new AbortController();
});
afterEach(async () => {
  end.abort();
  client.close();
  await api.stop();
});

const status = () => clusterStatus(client, namespace, end.signal);

function record(state: Inventory['state'], refs: readonly ObjectRef[] = [agentRef, pluginRef]): void {
  const objects = refs.map((ref) => ({ ...ref, adopted: false }));
  const plan = {
    objects: [
      {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: { name: agentRef.name, namespace, labels: {} },
        spec: { minReadySeconds: 5 },
      },
    ],
    nodes: [planned('a'), planned('b')],
  };
  const { apiVersion: _, kind: __, ...object } = inventoryObject(namespace, { state, objects, plan, previous: null });
  api.put(configMaps, object as unknown as FakeObject);
}

function healthy(): void {
  record('deployed');
  api.put(daemonSets, daemonSet(agentRef, { desired: 2 }));
  api.put(daemonSets, daemonSet(pluginRef, { desired: 2 }));
  for (const name of ['a', 'b']) api.put(nodesPath, node(name));
}

const pageOf = (device: string, more: object = {}): NodePage => ({
  ...{ schemaVersion, kind: 'NodeState', version: '0.1.0', provider: 'aws', backend: 'testpmd' },
  advertisedBy: 'device-plugin',
  devices: [{ device, backend: 'testpmd', state: 'running', attached: true, restarts: 0, counters: null }],
  problems: [],
  ...more,
});

/** Agents on both nodes, and what they answer. */
function withAgents(answers: Readonly<Record<string, { readonly status: number; readonly body: object }>>): void {
  const containers = [{ name: 'agent', env: [{ name: 'NODE_NAME' }, { name: 'VDPA_NODE_ADDRESS' }] }];
  for (const name of ['a', 'b']) {
    const pod = podOf(agentRef, `agent-${name}`, { on: name, ready: true });
    api.put(podsPath, { ...pod, spec: { nodeName: name, containers } });
  }
  api.refuse = ({ pathname }) => {
    const pod = /\/pods\/http:agent-(\w+):9861\/proxy\/node$/.exec(pathname)?.[1];
    return pod === undefined ? null : (answers[pod] ?? null);
  };
}

const user = (name: string, on: string, devices: number, more: object = {}): FakeObject => ({
  metadata: { name, namespace: 'app' },
  spec: { nodeName: on, containers: [{ resources: { requests: { 'vdpactl.io/vdpa': String(devices) } } }] },
  status: { phase: 'Running' },
  ...more,
});

const lease = (holder: string): FakeObject => ({
  metadata: { name: 'vdpactl', namespace },
  spec: {
    holderIdentity: holder,
    acquireTime: '2026-01-01T00:00:00.000000Z',
    renewTime: '2026-01-01T00:00:05.000000Z',
  },
});

describe('clusterStatus', () => {
  it('says of an empty namespace that nothing is there, and reads no pod for it', async () => {
    expect(await status()).toMatchObject({
      state: 'absent',
      context: 'fake',
      stackVersion: null,
      nodes: [],
      problems: [],
    });
    expect(api.requests.some(({ pathname }) => pathname === '/api/v1/pods')).toBe(false);
  });

  it('tells parts, nodes, and who has which devices', async () => {
    healthy();
    api.put(appPods, user('one', 'a', 1));
    api.put(appPods, user('done', 'a', 1, { status: { phase: 'Succeeded' } }));
    api.put(appPods, user('none', 'b', 0));
    api.put(appPods, user('early', '', 2, { spec: { containers: [] } }));
    expect(await status()).toMatchObject({
      state: 'healthy',
      stackVersion: expect.any(String),
      lease: null,
      drift: [],
      problems: [],
      components: [
        { name: 'vdpactl-agent', status: 'Current', desired: 2, ready: 2, updated: 2 },
        { name: 'vdpactl-device-plugin', status: 'Current', message: 'ready on 2 of 2 nodes' },
      ],
      nodes: [
        {
          name: 'a',
          provider: 'aws',
          backend: 'testpmd',
          ready: true,
          planned: 2,
          allocatable: 2,
          inUse: 1,
          pods: ['app/one'],
        },
        { name: 'b', inUse: 0, pods: [], problems: [] },
      ],
    });
  });

  it('reads the pods of a large cluster in pages', async () => {
    healthy();
    for (let at = 0; at < 1201; at += 1) api.put(appPods, user(`p${at}`, 'a', at === 1200 ? 2 : 0));
    expect((await status()).nodes[0]).toMatchObject({ inUse: 2, pods: ['app/p1200'] });
    expect(api.requests.filter(({ pathname }) => pathname === '/api/v1/pods')).toHaveLength(3);
  });

  it.each<[string, () => void, readonly string[]]>([
    [
      'an object that is missing',
      () => api.remove(daemonSets, `${namespace}/vdpactl-agent`),
      ['DaemonSet vdpactl-system/vdpactl-agent is missing'],
    ],
    [
      'an object that lost its mark',
      () => {
        const { metadata, ...rest } = daemonSet(agentRef, { desired: 2 });
        api.put(daemonSets, { ...rest, metadata: { ...metadata, annotations: {} } });
      },
      ['DaemonSet vdpactl-system/vdpactl-agent is not marked as part of the stack in vdpactl-system'],
    ],
    [
      'a field that somebody has set',
      () => {
        const { metadata, ...rest } = daemonSet(agentRef, { desired: 2 });
        const fields = { 'f:metadata': { 'f:annotations': { 'f:vdpactl.io/owner': {} } }, 'f:spec': { 'f:x': {} } };
        const managedFields = [
          { manager: 'vdpactl', operation: 'Apply', fieldsV1: fields },
          { manager: 'kubectl-edit', operation: 'Update', fieldsV1: { 'f:spec': { 'f:minReadySeconds': {} } } },
        ];
        api.put(daemonSets, { ...rest, metadata: { ...metadata, managedFields } });
      },
      ['DaemonSet vdpactl-system/vdpactl-agent was changed by kubectl-edit: .spec.minReadySeconds'],
    ],
    [
      'pods that are not ready, and why',
      () => {
        api.put(daemonSets, daemonSet(agentRef, { desired: 2, ready: 1 }));
        const waiting = { reason: 'ErrImagePull', message: 'not found' };
        api.put(podsPath, podOf(agentRef, 'agent-b', { on: 'b', waiting }));
      },
      ['DaemonSet vdpactl-system/vdpactl-agent: ready on 1 of 2 nodes', 'node b: ErrImagePull: not found'],
    ],
    [
      'nodes that fail alike, in one sentence',
      () => ['a', 'b'].map((name) => api.put(nodesPath, node(name, { allocatable: 1 }))),
      ['nodes a, b: offers 1 of 2 vdpactl.io/vdpa'],
    ],
    ['a node that is gone', () => api.remove(nodesPath, 'b'), ['node b: the cluster has no such node']],
    [
      'a node that is not ready',
      () => api.put(nodesPath, node('b', { ready: 'False', message: 'runtime down' })),
      ['node b: it is not ready: runtime down'],
    ],
    [
      'a node that lost the labels of stacks',
      () => {
        const { metadata, ...rest } = node('b');
        api.put(nodesPath, { ...rest, metadata: { ...metadata, labels: { 'vdpactl.io/device-set': 'other' } } });
      },
      [
        'node b: its label vdpactl.io/device-set is other instead of set',
        'node b: its label vdpactl.io/provider is gone',
      ],
    ],
    [
      'a node that is in no plan',
      () => api.put(nodesPath, node('c')),
      ['node c: it is marked as part of the stack, and is not in its plan'],
    ],
    [
      'more devices in use than there are',
      () => api.put(appPods, user('three', 'b', 3)),
      ['node b: pods have 3 vdpactl.io/vdpa, and it offers 2'],
    ],
  ])('finds %s', async (_, spoil, problems) => {
    healthy();
    spoil();
    expect(await status()).toMatchObject({ state: 'degraded', problems });
  });

  it('says who is changing it, and that what comes and goes meanwhile is no problem', async () => {
    record('deploying');
    api.put(leases, lease('root@host 1 2 machine:1 run'));
    api.put(nodesPath, node('a', { allocatable: 0 }));
    api.put(nodesPath, node('b'));
    expect(await status()).toMatchObject({
      state: 'deploying',
      lease: { holder: 'root on host (process 1)', since: '2026-01-01T00:00:00.000000Z', ended: false },
      drift: [],
      problems: [],
    });
  });

  it.each(['deploying', 'destroying'] as const)(
    'says of one that was interrupted how it goes on: %s',
    async (state) => {
      record(state, []);
      for (const name of ['a', 'b']) api.put(nodesPath, node(name));
      const { problems } = await status();
      expect(problems).toEqual([
        state === 'deploying'
          ? 'the deployment was interrupted, and nobody is at it: vdpactl deploy goes on'
          : 'the removal was interrupted, and nobody is at it: vdpactl destroy goes on',
      ]);
    },
  );

  it('finds the parts of a stack whose record is damaged by what they say themselves', async () => {
    healthy();
    api.put(configMaps, { metadata: { name: 'vdpactl-inventory', namespace }, data: { 'inventory.json': '{' } });
    const all = (path: string) => path.replace(`/namespaces/${namespace}`, '');
    api.put(all(daemonSets), daemonSet(agentRef, { desired: 2 }));
    const { metadata } = daemonSet(agentRef, { desired: 2 });
    const labels = { ...(metadata['labels'] as object), 'app.kubernetes.io/managed-by': 'vdpactl' };
    api.put(daemonSets, { ...daemonSet(agentRef, { desired: 2 }), metadata: { ...metadata, labels } });
    const found = await status();
    expect(found.state).toBe('degraded');
    expect(found.problems[0]).toContain('the record of the stack is damaged');
    expect(found.components.map(({ name }) => name)).toContain('vdpactl-agent');
    expect(found.nodes.map(({ name, planned: devices }) => [name, devices])).toEqual([
      ['a', null],
      ['b', null],
    ]);
  });

  it('does without the pods for who may not read them', async () => {
    healthy();
    const message = 'User "u" cannot list resource "pods" in API group "" at the cluster scope';
    api.refuse = ({ pathname }) =>
      pathname === '/api/v1/pods' ? { status: 403, body: { kind: 'Status', reason: 'Forbidden', message } } : null;
    const { nodes, problems } = await status();
    expect(nodes.map(({ inUse }) => inUse)).toEqual([null, null]);
    expect(problems).toEqual(['the pods of the cluster may not be read: what is in use is not known']);
  });
});

describe('watchStatus', () => {
  it('answers a status now and each time that it has changed, at most once a second', async () => {
    healthy();
    const seen: { readonly at: number; readonly status: ClusterStatus }[] = [];
    const watching = (async () => {
      for await (const each of watchStatus(client, namespace, end.signal)) {
        seen.push({ at: performance.now(), status: each });
      }
    })();
    watching.catch(() => {});
    await expect.poll(() => seen.length).toBe(1);
    api.put(daemonSets, daemonSet(agentRef, { desired: 2, ready: 1 }));
    await expect.poll(() => seen.length, { timeout: 3_000 }).toBe(2);
    // A change that changes nothing of what is said.
    api.put(nodesPath, { ...node('a'), spec: { unschedulable: true } });
    for (let ready = 0; ready < 20; ready += 1) {
      api.put(daemonSets, daemonSet(agentRef, { desired: 2, ready: ready % 2 }));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    healthy();
    await expect.poll(() => seen.at(-1)?.status.state, { timeout: 5_000 }).toBe('healthy');
    expect(seen.map(({ status: { state } }) => state).slice(0, 2)).toEqual(['healthy', 'degraded']);
    const gaps = seen.slice(1).map(({ at }, index) => at - (seen[index]?.at ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(900);
    end.abort(new Error('enough'));
    await expect(watching).rejects.toThrow('enough');
  });
});

describe('asking the agents', () => {
  const asking = () => clusterStatus(client, namespace, end.signal, {}, { devices: true });
  const nodeOf = ({ nodes }: ClusterStatus, wanted: string) => nodes.find(({ name }) => name === wanted);

  it('has what they say of each device; unasked, it is not known', async () => {
    healthy();
    const page = pageOf('0000:00:06.0');
    withAgents({ a: { status: 200, body: page }, b: { status: 200, body: { ...page, later: 'more' } } });
    const found = await asking();
    expect([found.state, nodeOf(found, 'a')?.devices, nodeOf(found, 'b')?.devices]).toEqual([
      'healthy',
      page.devices,
      page.devices,
    ]);
    expect(nodeOf(await status(), 'a')?.devices).toBeNull();
  });

  it('says what they say stands in the way, and which do not answer, each asked once', async () => {
    healthy();
    withAgents({
      a: { status: 200, body: pageOf('0000:00:06.0', { problems: ['0000:00:07.0 is in use by qemu'] }) },
      b: { status: 503, body: failure(503, 'ServiceUnavailable', 'error trying to reach service') },
    });
    const found = await asking();
    expect(found.state).toBe('degraded');
    expect(nodeOf(found, 'a')?.problems).toEqual(['its agent says: 0000:00:07.0 is in use by qemu']);
    expect(nodeOf(found, 'b')).toMatchObject({
      devices: null,
      problems: [expect.stringMatching(/^its agent does not say what the devices do: .*trying to reach service/)],
    });
    expect(api.requests.filter(({ pathname }) => pathname.endsWith('/proxy/node'))).toHaveLength(2);
  });

  it('does not ask one that shows nothing beyond its node, and says so', async () => {
    healthy();
    withAgents({ a: { status: 200, body: pageOf('0000:00:06.0') } });
    api.put(podsPath, podOf(agentRef, 'agent-b', { on: 'b', ready: true }));
    const found = await asking();
    expect(nodeOf(found, 'b')).toMatchObject({
      devices: null,
      problems: [expect.stringContaining('kubernetes.agentPages: loopback')],
    });
    expect(api.requests.filter(({ pathname }) => pathname.endsWith('/proxy/node'))).toHaveLength(1);
  });

  it('shows a backend that is down, and an answer that it does not understand', async () => {
    healthy();
    const [device] = pageOf('0000:00:06.0').devices;
    const body = pageOf('0000:00:06.0', { devices: [{ ...device, state: 'backing-off' }] });
    withAgents({ a: { status: 200, body }, b: { status: 200, body: { kind: 'Other' } } });
    const found = await asking();
    expect(nodeOf(found, 'a')?.problems).toEqual(['the backend of 0000:00:06.0 is backing-off']);
    expect(nodeOf(found, 'b')?.problems).toEqual([expect.stringContaining('this version does not understand')]);
  });
});
