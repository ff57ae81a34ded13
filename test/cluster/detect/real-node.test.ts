// SPDX-License-Identifier: Apache-2.0
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { detectInCluster } from '../../../src/cluster/detect/detect-in-cluster.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import type { FleetResult } from '../../../src/fleet/fleet-result.ts';
import { silentProgress } from '../../../src/output/progress.ts';
import { probe } from '../../../src/platform/probe.ts';
import { importNodeImage, isBuilt, nodeImage } from '../helpers/node-image.ts';
import { type LabCluster, startCluster } from '../lab-cluster.ts';

describe.skipIf(inject('cluster').whyNoNode !== null || !isBuilt)('detect --cluster, on a real node', () => {
  let cluster: LabCluster;

  beforeAll(async () => {
    cluster = await startCluster();
    await importNodeImage(cluster);
  });

  afterAll(() => cluster?.stop());

  function detect(node: string, timeoutMs: number): Promise<FleetResult[]> {
    return detectInCluster({
      cluster: { kubeconfig: cluster.server.kubeconfig },
      config: configSchema.parse({ kubernetes: { images: { node } } }),
      env: {},
      cwd: '/',
      signal: new AbortController().signal,
      progress: silentProgress,
      timeoutMs,
    });
  }

  test('reports what the machine itself does, but for its name and its network', async () => {
    const [result, ...more] = await detect(nodeImage, 60_000);
    expect(more).toEqual([]);
    if (result === undefined || !('report' in result)) throw new Error(String(result?.error), { cause: result });
    const here = probe();
    const { report } = result;
    expect(report.node.name).toBe(cluster.node.name);
    expect(report.node.name).not.toBe(hostname());
    const { name: _, cni: _cni, hugepages: _pages, ...node } = report.node;
    expect(here.node).toMatchObject({ ...node, arch: expect.anything() });
    // The node has a name space of its own for its files: the CNI configuration is that of the lab.
    expect(report.node.cni.configFiles).toHaveLength(1);
    expect(report.nics.map(({ pciAddress }) => pciAddress)).toEqual(here.nics.map(({ pciAddress }) => pciAddress));
  });

  test('leaves neither a pod nor its namespace', async () => {
    expect(await cluster.kubectl.ok('get', 'pods', '-A', '-l', 'vdpactl.io/detect-run', '-o', 'name')).toBe('');
    await expect
      .poll(() => cluster.kubectl.ok('get', 'namespaces', '-o', 'name'), { timeout: 30_000 })
      .not.toContain('vdpactl-system');
  });

  test('says that an image cannot be pulled', async () => {
    const [result] = await detect('registry.invalid/no-such-image:1', 20_000);
    expect(result).toMatchObject({
      node: cluster.node.name,
      error: { code: 'VDPA-CLUSTER-007', message: expect.stringMatching(/ErrImagePull|no-such-image/) },
    });
  });
});
