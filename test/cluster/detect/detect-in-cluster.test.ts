// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { connect, type KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { detectInCluster } from '../../../src/cluster/detect/detect-in-cluster.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import type { FleetResult } from '../../../src/fleet/fleet-result.ts';
import { type Progress, silentProgress } from '../../../src/output/progress.ts';
import { awsNode } from '../../fixtures/cluster-nodes.ts';
import { Kubectl } from '../kubectl.ts';
import { simulateNamespaces } from '../namespace-simulator.ts';
import { NodeSimulator, type PodFate, type SimulatedNode } from '../node-simulator.ts';

const { bin, kubeconfig } = inject('cluster');
const kubectl = new Kubectl(bin, kubeconfig);
const namespace = 'detect-system';
const cluster = { kubeconfig };
const config = configSchema.parse({ kubernetes: { namespace, images: { pullSecrets: ['pull'] } } });

/** What the probe prints on a node, which knows itself by another name. */
const report = (name: string) => `${JSON.stringify({ ...awsNode(`host-of-${name}`), decision: {} }, null, 2)}\n`;
const answers = (name: string): SimulatedNode => ({ name, fate: () => ({ kind: 'succeeds', log: report(name) }) });
const node = (name: string, fate: PodFate, more: Partial<SimulatedNode> = {}): SimulatedNode => ({
  name,
  fate: () => fate,
  ...more,
});

describe('detect --cluster, against a real API server and simulated nodes', () => {
  let client: KubeClient;
  let namespaces: { stop(): Promise<void> };
  let simulator: NodeSimulator | null = null;

  beforeAll(async () => {
    client = connect(cluster, {}, '/');
    namespaces = simulateNamespaces(client);
  });

  afterEach(async () => {
    await simulator?.stop();
    simulator = null;
    // Whatever happened, nothing is left.
    expect(await kubectl.ok('get', 'pods', '-A', '-l', 'vdpactl.io/detect-run', '-o', 'name')).toBe('');
    await expect.poll(() => kubectl.ok('get', 'namespaces', '-o', 'name')).not.toContain(namespace);
  });

  afterAll(async () => {
    await namespaces.stop();
    client.close();
  });

  async function detect(
    nodes: readonly SimulatedNode[],
    more: Partial<Parameters<typeof detectInCluster>[0]> = {},
  ): Promise<FleetResult[]> {
    simulator ??= await NodeSimulator.start(client, nodes);
    return detectInCluster({
      cluster,
      config,
      env: {},
      cwd: '/',
      signal: new AbortController().signal,
      progress: silentProgress,
      ...more,
    });
  }

  const byNode = (results: readonly FleetResult[]) =>
    Object.fromEntries(
      results.map((result) => [
        result.node,
        'report' in result ? result.report.node.name : `${result.error.code}: ${result.error.message}`,
      ]),
    );

  test('answers the report of each node, under its name in the cluster, sorted by it', async () => {
    const results = await detect(['b', 'a', 'c'].map(answers));
    expect(results.map((result) => result.node)).toEqual(['a', 'b', 'c']);
    for (const result of results) {
      expect(result).toMatchObject({ report: { node: { name: result.node }, nics: [{}, {}] } });
    }
  });

  test('probes only the nodes that the selector chooses', async () => {
    const nodes = [answers('a'), { ...answers('b'), labels: { pool: 'fast' } }];
    expect(byNode(await detect(nodes, { nodes: 'pool=fast' }))).toEqual({ b: 'b' });
    await expect(detect(nodes, { nodes: 'pool=slow' })).rejects.toMatchObject({ code: 'VDPA-CLUSTER-009' });
    await expect(detect(nodes, { nodes: 'pool in (' })).rejects.toMatchObject({ code: 'VDPA-CLUSTER-006' });
  });

  test('knows by the node object in which cloud a node runs', async () => {
    const [result] = await detect([{ ...answers('a'), providerId: 'aws:///eu-central-1a/i-0abc' }]);
    expect(result).toMatchObject({ report: { node: { cloud: { name: 'aws', instanceId: 'i-0abc' } } } });
  });

  test('gives a pod nothing but read access to what the probe reads', async () => {
    await detect([{ ...answers('a'), taints: [{ key: 'x', effect: 'NoExecute' }] }]);
    const [pod] = simulator?.seen.values() ?? [];
    expect(pod).toMatchObject({
      spec: {
        nodeName: 'a',
        hostNetwork: true,
        automountServiceAccountToken: false,
        restartPolicy: 'Never',
        imagePullSecrets: [{ name: 'pull' }],
        tolerations: [{ operator: 'Exists' }],
        containers: [
          {
            image: 'localhost/vdpactl/node:0.1.0',
            securityContext: { capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true },
          },
        ],
      },
    });
    expect(JSON.stringify(pod)).not.toMatch(/"privileged":true|hostPID|hostIPC|serviceAccountToken"/);
    expect(pod?.spec.volumes).toHaveLength(5);
  });

  test('says of each node why its pod did not run, and goes on with the others', async () => {
    const pull = 'failed to pull and unpack image: not found';
    const nodes = [
      answers('good'),
      node('admission', { kind: 'rejected', reason: 'OutOfpods', message: 'too many pods' }),
      node('broken', { kind: 'fails', exitCode: 2, message: 'error VDPA-PLATFORM-001: /host: no\nnext: none' }),
      node('config', { kind: 'waits', reason: 'CreateContainerConfigError', message: 'no such secret' }),
      node('dead', { kind: 'ignored' }, { ready: 'Unknown' }),
      node('ignored', { kind: 'ignored' }, { ready: 'False', readyMessage: 'PLEG is not healthy' }),
      node('image', { kind: 'waits', reason: 'ErrImagePull', message: pull }),
      node('junk', { kind: 'succeeds', log: 'Segmentation fault\n' }),
      node('other', { kind: 'succeeds', log: '{\n  "schemaVersion": "vdpactl/v2"\n}\n' }),
      node('warned', { kind: 'warns', reason: 'FailedMount', message: 'volume "sys" cannot be mounted' }),
      node('windows', { kind: 'ignored' }, { labels: { 'kubernetes.io/os': 'windows' } }),
    ];
    const results = byNode(await detect(nodes, { timeoutMs: 8_000 }));
    expect(results).toEqual({
      good: 'good',
      admission: 'VDPA-CLUSTER-007: the probe did not run: OutOfpods: too many pods',
      broken:
        'VDPA-CLUSTER-007: the probe did not run: the probe ended with exit code 2: error VDPA-PLATFORM-001: /host: no',
      config: 'VDPA-CLUSTER-007: the probe did not run: CreateContainerConfigError: no such secret',
      dead: expect.stringMatching(/^VDPA-CLUSTER-007: no probe can run there: its kubelet has not answered since 2/),
      ignored: 'VDPA-CLUSTER-007: the probe did not run within 8 s: the node is not ready: PLEG is not healthy',
      image: `VDPA-CLUSTER-007: the probe did not run within 8 s: ErrImagePull: ${pull}`,
      junk: 'VDPA-CLUSTER-008: the probe answered no JSON',
      other: expect.stringContaining('VDPA-CLUSTER-008: the probe answered something that is no report'),
      warned: 'VDPA-CLUSTER-007: the probe did not run within 8 s: volume "sys" cannot be mounted',
      windows: 'VDPA-CLUSTER-007: no probe can run there: it runs windows, and the probe reads Linux',
    });
  });

  test('leaves out what a node does not have, instead of making it there', async () => {
    const message =
      'MountVolume.SetUp failed for volume "cni-conf" : hostPath type check failed: /etc/cni/net.d is not a directory';
    const fate: SimulatedNode['fate'] = ({ spec }) =>
      spec.volumes?.some(({ name }) => name === 'cni-conf') === true
        ? { kind: 'warns', reason: 'FailedMount', message }
        : { kind: 'succeeds', log: report('a') };
    expect(byNode(await detect([{ name: 'a', fate }]))).toEqual({ a: 'a' });
  });

  test('leaves nothing behind when it is interrupted', async () => {
    const controller = new AbortController();
    const reason = new Error('stopped by SIGINT');
    const progress: Progress = { ...silentProgress, update: () => setTimeout(() => controller.abort(reason), 500) };
    const ignored = ['a', 'b', 'c', 'd'].map((name) => node(name, { kind: 'ignored' }));
    const running = detect([...ignored, answers('e')], { signal: controller.signal, progress, parallel: 5 });
    await expect(running).rejects.toBe(reason);
    expect(simulator?.seen.size).toBe(5);
  });

  test('removes what a killed run left, and leaves alone what a living one has', async () => {
    const pod = (name: string, holder: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace: 'default',
        labels: { 'vdpactl.io/detect-run': name },
        annotations: { 'vdpactl.io/detect-holder': holder },
      },
      spec: { nodeName: 'elsewhere', containers: [{ name: 'probe', image: 'registry.invalid/probe:1' }] },
    });
    await kubectl.run('-n', 'default', 'create', 'serviceaccount', 'default');
    const later = new Date(Date.now() + 60_000).toISOString();
    for (const [name, holder] of [
      ['expired', 'another-host/1/1 until 2026-01-01T00:00:00.000Z'],
      ['living', `another-host/1/1 until ${later}`],
    ] as const) {
      await client.request({ method: 'POST', path: '/api/v1/namespaces/default/pods', body: pod(name, holder) });
    }
    try {
      const results = await detect([answers('a')], { cluster: { ...cluster, namespace: 'default' } });
      expect(byNode(results)).toEqual({ a: 'a' });
      const left = await kubectl.ok('-n', 'default', 'get', 'pods', '-l', 'vdpactl.io/detect-run', '-o', 'name');
      expect(left).toBe('pod/living');
    } finally {
      await kubectl.ok('-n', 'default', 'delete', 'pod', 'living', '--grace-period=0', '--force');
    }
  });

  test('says who may not do what, and ends there', async () => {
    const limited = { ...cluster, as: 'limited', asGroup: ['limited-group'] };
    await expect(detect([answers('a')], { cluster: limited })).rejects.toMatchObject({
      code: 'VDPA-CLUSTER-003',
      exitCode: 5,
      message: 'the user limited may not list nodes',
    });
    await kubectl.ok('create', 'clusterrole', 'detect-nodes', '--verb=list', '--resource=nodes');
    await kubectl.ok(
      'create',
      'clusterrolebinding',
      'detect-nodes',
      '--clusterrole=detect-nodes',
      '--group=limited-group',
    );
    try {
      await expect
        .poll(() => detect([], { cluster: limited }).catch((error: unknown) => String(error)))
        .toMatch(`the user limited may not get namespaces in the namespace ${namespace}`);
    } finally {
      await kubectl.ok('delete', 'clusterrole,clusterrolebinding', 'detect-nodes');
    }
  });

  test('says what a namespace has to allow', async () => {
    await kubectl.ok('create', 'namespace', 'detect-restricted');
    await kubectl.ok('label', 'namespace', 'detect-restricted', 'pod-security.kubernetes.io/enforce=restricted');
    try {
      const [result] = await detect([answers('a')], { cluster: { ...cluster, namespace: 'detect-restricted' } });
      expect(result).toMatchObject({
        error: {
          code: 'VDPA-CLUSTER-006',
          message: expect.stringContaining('violates PodSecurity'),
          next: expect.stringContaining('kubectl label namespace detect-restricted'),
        },
      });
    } finally {
      await kubectl.ok('delete', 'namespace', 'detect-restricted');
    }
  });

  test('goes on in a namespace that is there, and leaves it there', async () => {
    await kubectl.ok('create', 'namespace', namespace);
    expect(byNode(await detect([answers('a')]))).toEqual({ a: 'a' });
    expect(await kubectl.ok('get', 'namespace', namespace, '-o', 'jsonpath={.metadata.annotations}')).toBe('');
    await kubectl.ok('delete', 'namespace', namespace);
  });
});
