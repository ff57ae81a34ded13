// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import * as z from 'zod';
import { configSchema } from '../../src/config/config-schema.ts';
import { decide } from '../../src/providers/decide.ts';
import { renderKubernetes } from '../../src/templates/kubernetes/render-kubernetes.ts';
import { nodeReport } from '../fixtures/reports.ts';
import { copyPrograms } from './helpers/image.ts';
import { importMultusImage } from './helpers/multus-image.ts';
import { type LabCluster, startCluster } from './lab-cluster.ts';
import { nodeName } from './node.ts';

const { whyNoNode, multus } = inject('cluster');

const config = configSchema.parse({ kubernetes: { multus: 'install' } });
const { namespace, images } = config.kubernetes;
const shell = 'registry.invalid/shell:1';
const statusShape = z.array(
  z.looseObject({ name: z.string(), interface: z.string(), ips: z.array(z.string()).optional() }),
);

/** The stack's own Multus, with the rights that it is given, as programs of its release on a real node. */
describe.skipIf(whyNoNode !== null || multus.missing !== null)('Multus, as it is rendered', () => {
  let cluster: LabCluster;

  beforeAll(async () => {
    cluster = await startCluster();
    await importMultusImage(cluster.node, multus.programs, images.multus);
    await importShell(cluster);
    const report = nodeReport({ node: { name: nodeName } });
    const stack = renderKubernetes({ nodes: [{ report, decision: decide(report, config) }], config });
    const ofMultus = stack.objects.filter(({ metadata: { labels } }) =>
      ['namespace', 'multus'].includes(labels?.['app.kubernetes.io/component'] ?? ''),
    );
    for (const kinds of [/^(Namespace|CustomResourceDefinition)$/, /./]) {
      const items = ofMultus.filter(({ kind }) => kinds.test(kind));
      const applied = await cluster.kubectl.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
      expect(applied).toMatchObject({ exitCode: 0, stderr: '' });
    }
    const labels = stack.nodeLabels.flatMap((each) =>
      Object.entries(each.labels).map(([key, value]) => `${key}=${value}`),
    );
    await cluster.kubectl.ok('label', 'node', nodeName, ...labels);
    await rolledOut();
  });

  afterAll(() => cluster?.stop());

  async function rolledOut(): Promise<void> {
    const result = await cluster.kubectl.run(
      '-n',
      namespace,
      'rollout',
      'status',
      'daemonset/vdpactl-multus',
      '--timeout=60s',
    );
    if (result.exitCode === 0) return;
    const pods = await cluster.kubectl.run('-n', namespace, 'describe', 'pods');
    throw new Error(`${result.all}\n${pods.stdout}\n${cluster.node.logs()}`);
  }

  /** Starts a pod that sleeps, and waits until it is ready. */
  async function startPod(name: string, annotations: Record<string, string>): Promise<void> {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', annotations },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'one', image: shell, imagePullPolicy: 'Never', args: ['busybox sleep 3600'] }],
      },
    };
    expect(await cluster.kubectl.apply(JSON.stringify(pod))).toMatchObject({ exitCode: 0 });
    const ready = await cluster.kubectl.run('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s');
    if (ready.exitCode !== 0)
      throw new Error(`${await cluster.kubectl.ok('describe', 'pod', name)}\n${cluster.node.logs()}`);
  }

  test('is installed on the node', () => {
    expect(readdirSync(cluster.node.path('/opt/cni/bin'))).toContain('multus-shim');
    expect(existsSync(cluster.node.path('/etc/cni/net.d/00-multus.conf'))).toBe(true);
  });

  test('gives a pod a second interface, and says so in its status', async () => {
    const definition = {
      apiVersion: 'k8s.cni.cncf.io/v1',
      kind: 'NetworkAttachmentDefinition',
      metadata: { name: 'second', namespace: 'default' },
      spec: {
        config: JSON.stringify({
          cniVersion: '1.0.0',
          name: 'second',
          type: 'bridge',
          bridge: 'second0',
          ipam: { type: 'host-local', ranges: [[{ subnet: '203.0.113.0/24' }]] },
        }),
      },
    };
    expect(await cluster.kubectl.apply(JSON.stringify(definition))).toMatchObject({ exitCode: 0, stderr: '' });
    await startPod('with-second', { 'k8s.v1.cni.cncf.io/networks': 'second' });
    expect(await cluster.kubectl.ok('exec', 'with-second', '--', '/bin/busybox', 'ip', '-o', 'addr')).toContain('net1');
    const path = String.raw`jsonpath={.metadata.annotations.k8s\.v1\.cni\.cncf\.io/network-status}`;
    const status = statusShape.parse(JSON.parse(await cluster.kubectl.ok('get', 'pod', 'with-second', '-o', path)));
    expect(status).toMatchObject([
      { interface: 'eth0' },
      { name: 'default/second', interface: 'net1', ips: [expect.stringMatching(/^203\.0\.113\./)] },
    ]);
  });

  test('takes its configuration back when it goes, and pods go on starting', async () => {
    await cluster.kubectl.ok(
      '-n',
      namespace,
      'delete',
      'daemonset',
      'vdpactl-multus',
      '--cascade=foreground',
      '--timeout=60s',
    );
    await expect
      .poll(() => readdirSync(cluster.node.path('/etc/cni/net.d')).filter((name) => name.endsWith('.conf')), {
        timeout: 30_000,
      })
      .toEqual([]);
    await startPod('without', {});
  });
});

async function importShell({ node }: LabCluster): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'vdpactl-image-'));
  try {
    await copyPrograms(root, ['/bin/busybox']);
    await node.importImage(root, { name: shell, entrypoint: ['/bin/busybox', 'sh', '-c'], environment: ['PATH=/bin'] });
  } finally {
    rmSync(root, { recursive: true });
  }
}
