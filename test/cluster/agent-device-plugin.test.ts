// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { DevicePlugin } from '../../dataplane/agent/device-plugin/device-plugin.ts';
import { KubeletDevices } from '../../dataplane/agent/device-plugin/kubelet-devices.ts';
import type { BackendSpec } from '../../dataplane/contract/backend-spec.ts';
import { backendSpec } from '../fixtures/backend-spec.ts';
import { copyPrograms } from './helpers/image.ts';
import { type LabCluster, startCluster } from './lab-cluster.ts';

describe.skipIf(inject('cluster').whyNoNode !== null)("kubelet, with the agent's device plugin", () => {
  const image = 'registry.invalid/shell:1';
  let cluster: LabCluster;
  let plugin: DevicePlugin;
  let specs: readonly BackendSpec[] = ['local0', 'local1', 'local2'].map((device) => backendSpec(device));
  const running = new Set(['local0', 'local1', 'local2']);

  const start = () =>
    new DevicePlugin({
      folder: cluster.node.path('/var/lib/kubelet/device-plugins'),
      specs: () => specs,
      numaNodes: () => new Map([['local0', 0]]),
      isRunning: ({ device }) => running.has(device),
      isWanted: () => true,
      log: () => {},
    });
  const allocatable = () =>
    cluster.kubectl.ok(
      ...['get', 'node', cluster.node.name, '-o', String.raw`jsonpath={.status.allocatable.vdpactl\.io/vdpa}`],
    );
  const becomes = (count: string) => expect.poll(allocatable, { timeout: 40_000, interval: 500 }).toBe(count);

  async function run(name: string, count: number): Promise<string> {
    const resources = { limits: { 'vdpactl.io/vdpa': `${count}` } };
    const containers = [{ name: 'one', image, imagePullPolicy: 'Never', args: ['env'], resources }];
    const spec = { restartPolicy: 'Never', containers };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec };
    expect(await cluster.kubectl.apply(JSON.stringify(pod))).toMatchObject({ exitCode: 0 });
    await cluster.kubectl.ok('wait', '--for=jsonpath={.status.phase}=Succeeded', `pod/${name}`, '--timeout=60s');
    return /^PCIDEVICE_VDPACTL_IO_VDPA=(.*)$/m.exec(await cluster.kubectl.ok('logs', name))?.[1] ?? '';
  }

  beforeAll(async () => {
    cluster = await startCluster();
    const root = mkdtempSync(join(tmpdir(), 'vdpactl-image-'));
    await copyPrograms(root, ['/bin/busybox']);
    await cluster.node.importImage(root, { name: image, entrypoint: ['/bin/busybox'] });
    rmSync(root, { recursive: true });
    plugin = start();
  });

  afterAll(async () => {
    await plugin?.stop();
    await cluster?.stop();
  });

  test('offers all devices under the name that workloads ask for', async () => {
    await becomes('3');
    expect(plugin.state).toBe('registered');
  });

  test('gives a pod what it asks for, and says which', async () => {
    const given = (await run('with-two', 2)).split(',');
    expect(given).toHaveLength(2);
    expect(['local0', 'local1', 'local2']).toEqual(expect.arrayContaining(given));
  });

  test('takes a device that fails from what it offers, and one that is gone', async () => {
    running.delete('local1');
    await becomes('2');
    specs = specs.filter(({ device }) => device !== 'local2');
    await becomes('1');
    expect(await run('with-the-last', 1)).toBe('local0');
    running.add('local1');
    await becomes('2');
  });

  test('tells whoever asks which devices it has to give, used ones too', async () => {
    const socket = cluster.node.path('/var/lib/kubelet/pod-resources/kubelet.sock');
    const kubelet = new KubeletDevices(socket, 'vdpactl.io/vdpa');
    expect(await kubelet.known()).toEqual(new Set(['local0', 'local1']));
    kubelet.close();
  });

  test('goes on with the plugin of an agent that was started again', async () => {
    await plugin.stop();
    plugin = start();
    await expect.poll(() => plugin.state, { timeout: 20_000 }).toBe('registered');
    // A device that only the new one knows of: so it is heard.
    specs = [...specs, backendSpec('local7')];
    running.add('local7');
    await becomes('3');
    expect((await run('with-three', 3)).split(',').sort()).toEqual(['local0', 'local1', 'local7']);
  });
});
