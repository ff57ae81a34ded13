// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import * as z from 'zod';
import { KubeletDevices } from '../../dataplane/agent/device-plugin/kubelet-devices.ts';
import { configSchema } from '../../src/config/config-schema.ts';
import { VdpaError } from '../../src/errors/vdpa-error.ts';
import type { NodeReport } from '../../src/platform/node-report.ts';
import { probe } from '../../src/platform/probe.ts';
import { decide } from '../../src/providers/decide.ts';
import type { Decision } from '../../src/providers/decision.ts';
import { nodeLabelKeys } from '../../src/templates/kubernetes/names.ts';
import { renderKubernetes } from '../../src/templates/kubernetes/render-kubernetes.ts';
import { allNodes, virtioUplink } from '../fixtures/nodes.ts';
import { withTree } from '../fixtures/tree.ts';
import { discover, startOnNode } from './device-plugin.ts';
import { copyPrograms } from './helpers/image.ts';
import { preparedTree } from './helpers/machine-tree.ts';
import { type LabCluster, startCluster } from './lab-cluster.ts';

const plugin = inject('cluster').devicePlugin;

const backendNames = ['auto', 'testpmd', 'dpdk-vdpa', 'vhost-vdpa'] as const;

type Pool = z.infer<typeof poolShape>;

const poolShape = z.strictObject({
  resourceName: z.string(),
  resourcePrefix: z.string(),
  deviceType: z.literal('netDevice'),
  selectors: z.record(z.string(), z.unknown()),
});

const config = configSchema.parse({});

/** Every node with the backend that fits it, and with every other that it can have. */
const nodes = Object.entries(allNodes).flatMap(([fixture, tree]) => {
  const report = withTree(tree, (root) => probe({ root }));
  return backendNames.flatMap((backend) => {
    const decision = decideOn(report, backend);
    if (decision === null) return [];
    const name = `${fixture}-${backend}`.toLowerCase();
    return [{ name, tree, decision, report: { ...report, node: { ...report.node, name } } }];
  });
});
const stack = renderKubernetes({ nodes, config });
const texts = stack.objects.flatMap(({ kind, metadata, ...rest }) =>
  kind === 'ConfigMap' && metadata.name === 'vdpactl-device-plugin'
    ? Object.entries(z.record(z.string(), z.string()).parse(rest['data']))
    : [],
);
const sets = new Map(
  texts.map(([key, text]) => [
    key.replace(/\.json$/, ''),
    z.strictObject({ resourceList: z.array(poolShape) }).parse(JSON.parse(text)).resourceList,
  ]),
);
const setOf = (name: string) =>
  stack.nodeLabels.find(({ node }) => node === name)?.labels[nodeLabelKeys.deviceSet] ?? '';
const inSets = nodes.filter(({ name }) => sets.has(setOf(name)));

/** null: the node cannot have the backend. */
function decideOn(report: NodeReport, backend: (typeof backendNames)[number]): Decision | null {
  try {
    const decision = decide(report, configSchema.parse({ backend }));
    return backend === 'auto' || decision.devices.length > 0 ? decision : null;
  } catch (error) {
    if (error instanceof VdpaError) return null;
    throw error;
  }
}

/** Without `vdpaType`: the plugin asks the kernel for vDPA devices, not sysfs, and there are none on this one. */
function configOf(pools: readonly Pool[]): unknown {
  return {
    resourceList: pools.map(({ selectors: { vdpaType: _, ...selectors }, ...pool }) => ({ ...pool, selectors })),
  };
}

describe.skipIf(plugin.missing !== null)('the SR-IOV network device plugin', () => {
  test('is given a set for nodes of every kind', () => {
    expect(new Set(inSets.map(({ decision }) => decision.provider))).toEqual(new Set(['baremetal', 'alibaba', 'aws']));
  });

  test.each(inSets)('offers on $name exactly the devices that were decided on', async ({ name, tree, decision }) => {
    const pools = sets.get(setOf(name)) ?? [];
    const { resources, log } = await discover(plugin.program, preparedTree(tree, decision.devices), configOf(pools));
    expect(log).not.toMatch(/^[WEF]\d{4} .*(selector|resource name|unmarshal)/m);
    const decided = decision.devices.map(({ pciAddress }) => pciAddress).sort();
    expect(resources).toEqual(new Map([['vdpactl.io/vdpa', decided]]));
  });

  test('would offer the uplink of a virtio machine to selectors that name no driver', async () => {
    const selectors = { vendors: ['1af4'], devices: ['1041'] };
    const pool: Pool = { resourceName: 'any', resourcePrefix: 'vdpactl.io', deviceType: 'netDevice', selectors };
    const { resources } = await discover(plugin.program, virtioUplink, configOf([pool]));
    expect(resources).toEqual(new Map([['vdpactl.io/any', ['0000:00:03.0']]]));
  });

  test.each(nodes.filter(({ name }) => name.endsWith('-auto')))(
    'offers no uplink of $name, prepared or not, with whatever set',
    async ({ tree, report, decision }) => {
      const uplinks = report.nics.filter(({ uplink }) => uplink).map(({ pciAddress }) => pciAddress);
      // Their names have to differ.
      const pools = [...sets.values()].flat().map((pool, index) => ({ ...pool, resourceName: `any${index}` }));
      for (const machine of [tree, preparedTree(tree, decision.devices)]) {
        const { resources } = await discover(plugin.program, machine, configOf(pools));
        expect([...resources.values()].flat().filter((address) => uplinks.includes(address))).toEqual([]);
      }
    },
  );
});

describe.skipIf(plugin.missing !== null || inject('cluster').whyNoNode !== null)(
  'kubelet, with the device plugin',
  () => {
    const name = 'connectx6dx-dpdk-vdpa';
    const image = 'registry.invalid/shell:1';
    const decided =
      nodes.find((node) => node.name === name)?.decision.devices.map(({ pciAddress }) => pciAddress) ?? [];
    let cluster: LabCluster;

    beforeAll(async () => {
      cluster = await startCluster();
      const tree = preparedTree(nodes.find((node) => node.name === name)?.tree ?? {}, []);
      await startOnNode(cluster.node, plugin.program, tree, configOf(sets.get(setOf(name)) ?? []));
      const root = mkdtempSync(join(tmpdir(), 'vdpactl-image-'));
      await copyPrograms(root, ['/bin/busybox']);
      await cluster.node.importImage(root, { name: image, entrypoint: ['/bin/busybox'] });
      rmSync(root, { recursive: true });
    });

    afterAll(() => cluster?.stop());

    test('offers as many as were decided on, under the name that workloads ask for', async () => {
      const path = String.raw`jsonpath={.status.allocatable.vdpactl\.io/vdpa}`;
      const allocatable = () => cluster.kubectl.ok('get', 'node', cluster.node.name, '-o', path);
      await expect.poll(allocatable, { timeout: 30_000 }).toBe(`${decided.length}`);
      // As the agent asks it.
      const socket = cluster.node.path('/var/lib/kubelet/pod-resources/kubelet.sock');
      const kubelet = new KubeletDevices(socket, 'vdpactl.io/vdpa');
      expect(await kubelet.known()).toEqual(new Set(decided));
      kubelet.close();
    });

    test('gives a pod one of them, and says which', async () => {
      const resources = { limits: { 'vdpactl.io/vdpa': '1' } };
      const containers = [{ name: 'one', image, imagePullPolicy: 'Never', args: ['env'], resources }];
      const spec = { restartPolicy: 'Never', containers };
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'with-device', namespace: 'default' }, spec };
      expect(await cluster.kubectl.apply(JSON.stringify(pod))).toMatchObject({ exitCode: 0 });
      await cluster.kubectl.ok('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/with-device', '--timeout=60s');
      const log = await cluster.kubectl.ok('logs', 'with-device');
      expect(decided).toContain(/^PCIDEVICE_VDPACTL_IO_VDPA=(.*)$/m.exec(log)?.[1]);
    });
  },
);
