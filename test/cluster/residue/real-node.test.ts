// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { connect, type KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { removeResidue } from '../../../src/cluster/destroy/residue.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { silentProgress } from '../../../src/output/progress.ts';
import { run } from '../../../src/process/run.ts';
import { importNodeImage, isBuilt, nodeImage } from '../helpers/node-image.ts';
import { type LabCluster, startCluster } from '../lab-cluster.ts';

const namespace = 'vdpactl-system';
const plugin = '#!/bin/sh\nexit 0\n';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A workload as it stands when its stack goes: its volume is bound into the run directory. */
const workload = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'workload', namespace: 'default' },
  spec: {
    terminationGracePeriodSeconds: 0,
    automountServiceAccountToken: false,
    containers: [
      {
        name: 'one',
        image: nodeImage,
        imagePullPolicy: 'Never',
        command: ['/bin/busybox', 'sh', '-c', 'echo mine >/var/run/vdpa/net1/file; exec /bin/busybox sleep 1000'],
        volumeMounts: [{ name: 'vdpa', mountPath: '/var/run/vdpa' }],
      },
    ],
    initContainers: [
      {
        name: 'folder',
        image: nodeImage,
        imagePullPolicy: 'Never',
        command: ['/bin/busybox', 'mkdir', '/var/run/vdpa/net1'],
        volumeMounts: [{ name: 'vdpa', mountPath: '/var/run/vdpa' }],
      },
    ],
    volumes: [{ name: 'vdpa', emptyDir: {} }],
  },
};

/** What a stack leaves on a host. */
const residue = {
  '/opt/cni/bin/vdpa': plugin,
  '/opt/cni/bin/multus-shim': plugin,
  '/opt/cni/bin/passthru': plugin,
  '/etc/cni/net.d/multus.d/multus.kubeconfig': 'x',
  '/etc/cni/multus/net.d/.keep': null,
  '/run/multus/.keep': null,
  '/var/lib/cni/multus/abc': '{}',
  '/run/vdpa/backends/0000:65:00.2.json': '{}',
  '/run/vdpa/dev/0000:65:00.2/.keep': null,
  '/run/vdpactl-node/.keep': null,
  '/run/k8s.cni.cncf.io/devinfo/dp/vdpactl.io-vdpa-0000:65:00.2-device.json': '{}',
  '/run/k8s.cni.cncf.io/devinfo/cni/net-abc_net1':
    '{"type":"vhost-user","version":"1.1.0","vhost-user":{"mode":"server","path":"/var/run/vdpa/net1/vhost.sock"}}',
} as const;

/** What is somebody else's, beside it. */
const foreign = {
  '/opt/cni/bin/other': plugin,
  '/run/k8s.cni.cncf.io/devinfo/dp/example.com-nic-0-device.json': '{}',
  '/run/important': 'stays',
  '/etc/cni/net.d/99-other.conflist.disabled': 'x',
} as const;

describe.skipIf(inject('cluster').whyNoNode !== null || !isBuilt)('removing residue, on a real node', () => {
  let cluster: LabCluster;
  let client: KubeClient;
  const at = (path: string) => cluster.node.path(path);
  const clean = (nodes: readonly string[]) =>
    removeResidue({
      client,
      kubernetes: configSchema.parse({ kubernetes: { images: { node: nodeImage } } }).kubernetes,
      namespace,
      nodes,
      multus: true,
      timeoutMs: 60_000,
      progress: silentProgress,
      signal: new AbortController().signal,
    });

  function plant(files: Readonly<Record<string, string | null>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(at(dirname(path)), { recursive: true });
      if (text !== null) writeFileSync(at(path), text);
    }
  }

  beforeAll(async () => {
    cluster = await startCluster();
    client = connect({ kubeconfig: cluster.server.kubeconfig }, {}, '/');
    await importNodeImage(cluster);
    await cluster.kubectl.ok('create', 'namespace', namespace);
    await cluster.kubectl.ok('label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=privileged');
    await vi.waitFor(() => cluster.kubectl.ok('get', 'serviceaccount', 'default'), { timeout: 30_000, interval: 200 });
    expect(await cluster.kubectl.apply(JSON.stringify(workload))).toMatchObject({ exitCode: 0 });
    await cluster.kubectl.ok('wait', '--for=condition=Ready', 'pod/workload', '--timeout=60s');

    plant(residue);
    plant(foreign);
    const uid = await cluster.kubectl.ok('get', 'pod', 'workload', '-o', 'jsonpath={.metadata.uid}');
    const volume = `/var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~empty-dir/vdpa/net1`;
    const bind = ['mount', '--bind', volume, '/run/vdpa/dev/0000:65:00.2'];
    expect(await run('nsenter', ['--target', `${cluster.node.pid}`, '--mount', ...bind])).toMatchObject({
      exitCode: 0,
    });
    symlinkSync('/run/important', at('/run/vdpa/link'));
    const files = [
      { path: '/opt/cni/bin/vdpa', sha256: sha256(plugin) },
      { path: '/opt/cni/bin/other', sha256: sha256(plugin) },
      { path: '/run/important', sha256: sha256('stays') },
    ];
    const list = { schemaVersion: 'vdpactl/v1', kind: 'InstalledFiles', files };
    writeFileSync(at('/run/vdpa/installed.json'), JSON.stringify(list));
    // From here on every new pod would go to a Multus that is not there.
    writeFileSync(at('/etc/cni/net.d/00-multus.conf'), JSON.stringify({ type: 'multus-shim', name: 'x' }));
  });

  afterAll(async () => {
    client?.close();
    await cluster?.stop();
  });

  test('leaves what a running pod has, removes all else, and says so', async () => {
    const [result] = await clean([cluster.node.name]);
    if (result?.error) throw new Error(`${result.error.message}\n${cluster.node.logs()}`);
    const why = expect.stringMatching(/^the pod with the uid \S+, which has this attachment, is still on this node$/);
    expect(result?.left).toEqual([
      { what: '/opt/cni/bin/vdpa', why },
      { what: '/var/run/k8s.cni.cncf.io/devinfo/cni/net-abc_net1', why },
      { what: '/var/run/vdpa/dev/0000:65:00.2', why },
    ]);
    expect(result?.kept.map(({ what }) => what)).toEqual(['/opt/cni/bin/other', '/run/important']);
    expect(readdirSync(at('/run/vdpa')).sort()).toEqual(['dev', 'installed.json']);
    expect(existsSync(at('/etc/cni/net.d/00-multus.conf'))).toBe(false);
    expect(await cluster.kubectl.ok('exec', 'workload', '--', '/bin/busybox', 'cat', '/var/run/vdpa/net1/file')).toBe(
      'mine',
    );
  });

  test('removes the rest when that pod is gone, and nothing that is somebody else’s', async () => {
    await cluster.kubectl.ok('delete', 'pod', 'workload', '--timeout=60s');
    await expect
      .poll(async () => (await clean([cluster.node.name]))[0], { timeout: 60_000, interval: 1_000 })
      .toMatchObject({ error: null, left: [] });
    const there = Object.keys(residue)
      .map((path) => path.replace(/\/\.keep$/, ''))
      .filter((path) => existsSync(at(path)));
    expect(there).toEqual([]);
    expect(['/run/vdpa', '/run/vdpactl-node', '/etc/cni/multus'].filter((path) => existsSync(at(path)))).toEqual([]);
    for (const [path, text] of Object.entries(foreign)) expect(readFileSync(at(path), 'utf8')).toBe(text);
    const { stdout } = await run('nsenter', [
      '--target',
      `${cluster.node.pid}`,
      '--mount',
      'cat',
      '/proc/self/mountinfo',
    ]);
    expect(stdout).not.toContain('/run/vdpa');
  });

  test('finds nothing more to do, and names a node that is none', async () => {
    expect(await clean([cluster.node.name, 'elsewhere'])).toMatchObject([
      { node: cluster.node.name, removed: [], left: [], error: null },
      { node: 'elsewhere', removed: [], error: { code: 'VDPA-CLUSTER-007' } },
    ]);
    expect(await cluster.kubectl.ok('get', 'pods', '-A', '-o', 'name')).toBe('');
  });
});
