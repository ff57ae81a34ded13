// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { connect, type KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { keyOf } from '../../../src/cluster/objects/object-ref.ts';
import { type WaitOptions, type WaitResult, waitForStack } from '../../../src/cluster/wait/wait-for-stack.ts';
import { VdpaError } from '../../../src/errors/vdpa-error.ts';
import { silentProgress } from '../../../src/output/progress.ts';
import { ChaosProxy } from '../helpers/chaos-proxy.ts';
import type { SimulatedPod } from '../helpers/simulated-node.ts';
import { type SimulatedCluster, startSimulatedCluster } from '../simulated-cluster.ts';
import { applySet, namespace, removeSet, setRef, WaitedNode } from './waited-stack.ts';

const { bin, whyNoControllers } = inject('cluster');
const names = ['node-a', 'node-b', 'node-c'] as const;
const sets = ['agent', 'device-plugin'] as const;

describe.skipIf(whyNoControllers !== null)('waiting for a stack, against a real API server and its controllers', () => {
  let cluster: SimulatedCluster;
  let proxy: ChaosProxy;
  /** Through the proxy. */
  let client: KubeClient;
  let nodes: readonly WaitedNode[];
  const told: string[] = [];

  beforeAll(async () => {
    nodes = names.map((name) => new WaitedNode(name));
    cluster = await startSimulatedCluster({ bin, nodes, fastNamespaces: true });
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    await cluster.client.request({ method: 'POST', path: '/api/v1/namespaces', body });
    proxy = await ChaosProxy.start(cluster.server);
    client = connect({ kubeconfig: proxy.kubeconfig }, {}, '/');
  });

  afterEach(async () => {
    for (const node of nodes) {
      node.fates.clear();
      node.offered = 2;
      await cluster.simulator.setReady(node.name, 'True');
    }
    for (const name of sets) await removeSet(cluster.client, name);
    proxy.reset();
    cluster.simulator.seen.clear();
    told.length = 0;
  });

  afterAll(async () => {
    client?.close();
    await proxy?.stop();
    await cluster?.stop();
  });

  const deploy = () => Promise.all(sets.map((name) => applySet(cluster.client, name)));

  const wait = (more: Partial<WaitOptions> = {}): Promise<WaitResult> =>
    waitForStack({
      client,
      objects: sets.map(setRef),
      nodes: nodes.map(({ planned }) => planned),
      changed: new Set(sets.map((name) => keyOf(setRef(name)))),
      timeoutMs: 60_000,
      pullTimeoutMs: 60_000,
      progress: { ...silentProgress, update: (text) => told.push(text) },
      signal: new AbortController().signal,
      patience: { lookEveryMs: 300, nodeGraceMs: 1_500, settleMs: 1_500, hopelessAfterMs: 2_000 },
      ...more,
    });

  async function failure(waiting: Promise<WaitResult>): Promise<VdpaError> {
    const error = await waiting.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof VdpaError)) throw error ?? new Error('it did not fail');
    return error;
  }

  test('ends as soon as the last pod is ready and its devices are offered', async () => {
    nodes[2]?.fates.set('device-plugin', { kind: 'runs', afterMs: 1_500 });
    await deploy();
    const { objects, waitedMs } = await wait();
    const last = Math.max(...cluster.simulator.readyAt.values());
    // The controller and the simulated kubelet take their time in between.
    expect(performance.now() - last).toBeLessThan(600);
    expect(waitedMs).toBeGreaterThan(1_000);
    expect(objects.map(({ message }) => message)).toEqual(['ready on 3 of 3 nodes', 'ready on 3 of 3 nodes']);
    expect(objects[0]?.readyAfterMs).toBeLessThan(objects[1]?.readyAfterMs ?? 0);
  });

  test('goes on through cut and slow watches', async () => {
    nodes[0]?.fates.set('agent', { kind: 'runs', afterMs: 2_500 });
    await deploy();
    let watches = 0;
    proxy.treat = ({ query }) => {
      if (query.get('watch') !== 'true') return null;
      watches += 1;
      return watches % 2 === 1 ? { cut: 700 } : { slowMs: 50 };
    };
    await wait();
    expect(proxy.requests.filter(({ query }) => query.get('watch') === 'true').length).toBeGreaterThan(3);
  });

  test('goes on when the API server was away', async () => {
    nodes[1]?.fates.set('agent', { kind: 'runs', afterMs: 3_000 });
    await deploy();
    const waiting = wait();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await cluster.server.restart(() => new Promise((resolve) => setTimeout(resolve, 500)));
    expect((await waiting).objects.map(({ status }) => status)).toEqual(['Current', 'Current']);
  });

  test('names what is slowest, the last event of its pod, and every part that is not ready', async () => {
    const message = 'MountVolume.SetUp failed for volume "x"';
    nodes[1]?.fates.set('device-plugin', { kind: 'warns', reason: 'FailedMount', message });
    await deploy();
    const error = await failure(wait({ timeoutMs: 10_000 }));
    expect(error.code).toBe('VDPA-DEPLOY-002');
    expect(error.message).toMatch(
      /^after 10 s: DaemonSet wait-system\/device-plugin: ready on 2 of 3 nodes; last event of its pod device-plugin-\w+ on node-b: FailedMount: MountVolume\.SetUp failed for volume "x"$/,
    );
    expect(error.next).toMatch(/kubectl describe pod -n wait-system device-plugin-\w+;/);
    expect(error.details).toEqual([
      'DaemonSet wait-system/device-plugin: ready on 2 of 3 nodes',
      'node node-b: offers 0 of 2 vdpactl.io/vdpa',
    ]);
    expect(told).toContain('device-plugin 2 of 3 nodes');
  });

  test('names the node that does not offer what was planned', async () => {
    for (const node of nodes) node.offered = node.name === 'node-c' ? 1 : 2;
    await deploy();
    const { message } = await failure(wait({ timeoutMs: 10_000 }));
    expect(message).toBe('after 10 s: node node-c: offers 1 of 2 vdpactl.io/vdpa');
  });

  test('counts the time for images apart', async () => {
    nodes[2]?.fates.set('agent', { kind: 'waits', reason: 'ContainerCreating', message: '' });
    await deploy();
    const waiting = wait({ timeoutMs: 4_000 });
    waiting.catch(() => {});
    const found = () => [...cluster.simulator.seen.values()].find(isOf('agent', 'node-c'));
    await expect.poll(found).toBeDefined();
    const pod = found();
    if (pod === undefined) throw new Error('no pod');
    await say(pod.metadata, 'Pulling');
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(told).toContain('agent 2 of 3 nodes (pulling its image)');
    await say(pod.metadata, 'Pulled');
    nodes[2]?.fates.clear();
    // Another one takes its place.
    const path = `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}`;
    await cluster.client.request({ method: 'DELETE', path, query: { gracePeriodSeconds: 0 } });
    const { pullMs, waitedMs } = await waiting;
    expect(pullMs).toBeGreaterThan(4_000);
    expect(waitedMs - pullMs).toBeLessThan(4_000);
  });

  test('does without a node that never becomes ready', async () => {
    nodes[1]?.fates.set('agent', { kind: 'ignored' });
    nodes[1]?.fates.set('device-plugin', { kind: 'ignored' });
    await cluster.simulator.setReady('node-b', 'False', 'container runtime is down');
    await deploy();
    const { unavailableNodes, waitedMs } = await wait();
    expect(unavailableNodes).toEqual([{ name: 'node-b', why: 'it is not ready: container runtime is down' }]);
    expect(waitedMs).toBeLessThan(6_000);
  });

  test('lets a device plugin that was replaced register anew', async () => {
    await deploy();
    await wait();
    await applySet(cluster.client, 'device-plugin', 'registry.invalid/x:2');
    const { waitedMs } = await wait({ changed: new Set([keyOf(setRef('device-plugin'))]) });
    expect(waitedMs).toBeGreaterThanOrEqual(1_500);
  });

  test('does not wait for pods that the server refuses', async () => {
    const body = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none', namespace },
      spec: { hard: { pods: '0' } },
    };
    const path = `/api/v1/namespaces/${namespace}/resourcequotas`;
    await cluster.client.request({ method: 'POST', path, body });
    try {
      await deploy();
      const error = await failure(wait({ patience: { lookEveryMs: 300, hopelessAfterMs: 3_000 } }));
      expect(error.code).toBe('VDPA-DEPLOY-003');
      expect(error.message).toMatch(/^DaemonSet wait-system\/\S+: its pods are refused: .*exceeded quota/);
    } finally {
      await cluster.client.request({ method: 'DELETE', path: `${path}/none` });
    }
  });

  test('ends at once when it is interrupted', async () => {
    nodes[0]?.fates.set('agent', { kind: 'ignored' });
    await deploy();
    const end = new AbortController();
    const waiting = wait({ signal: end.signal });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const at = performance.now();
    end.abort(new Error('interrupted'));
    await expect(waiting).rejects.toThrow('interrupted');
    expect(performance.now() - at).toBeLessThan(200);
  });

  function say({ name, uid }: { readonly name: string; readonly uid: string }, reason: string) {
    const now = new Date().toISOString().replace(/\.\d+/, '');
    return cluster.client.request({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/events`,
      body: {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: `${name}.${reason.toLowerCase()}`, namespace },
        involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid, fieldPath: 'spec.containers{agent}' },
        type: 'Normal',
        reason,
        message: `${reason} image`,
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      },
    });
  }
});

const isOf =
  (component: string, node: string) =>
  ({ metadata, spec }: SimulatedPod): boolean =>
    metadata.labels?.['app.kubernetes.io/component'] === component && spec.nodeName === node;
