// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { DevicePlugin } from '../../dataplane/agent/device-plugin/device-plugin.ts';
import { KubeletDevices } from '../../dataplane/agent/device-plugin/kubelet-devices.ts';
import { listeningSocket } from '../../dataplane/agent/device-plugin/listening-socket.ts';
import { UpstreamPlugin } from '../../dataplane/agent/device-plugin/upstream-plugin.ts';
import { configSchema } from '../../src/config/config-schema.ts';
import { probe } from '../../src/platform/probe.ts';
import { markerVariable, processesMarked, signalProcess } from '../../src/process/process-table.ts';
import { decide } from '../../src/providers/decide.ts';
import { pluginMarker } from '../../src/templates/kubernetes/device-plugin/device-plugin.ts';
import { deviceSets } from '../../src/templates/kubernetes/device-plugin/device-sets.ts';
import { backendSpec } from '../fixtures/backend-spec.ts';
import { allNodes } from '../fixtures/nodes.ts';
import { type Tree, withTree } from '../fixtures/tree.ts';
import { startOnNode } from './device-plugin.ts';
import { preparedTree } from './helpers/machine-tree.ts';
import { type LabCluster, startCluster } from './lab-cluster.ts';

const { devicePlugin, whyNoNode } = inject('cluster');
const socket = '/var/lib/kubelet/plugins_registry/vdpactl.io_vdpa.sock';

const machine = allNodes['connectx6dx'] ?? {};
const report = withTree(machine, (root) => probe({ root }));
const decision = decide(report, configSchema.parse({ backend: 'dpdk-vdpa' }));
const [set] = deviceSets([{ report, decision }]).sets;
const decided = decision.devices.map(({ pciAddress }) => pciAddress).sort();
const last = decided.at(-1) ?? '';

/** The machine before a NIC came. */
const without: Tree = Object.fromEntries(Object.entries(machine).filter(([path]) => !path.includes(last)));

describe.skipIf(devicePlugin.missing !== null || whyNoNode !== null)('kubelet, when a NIC comes', () => {
  let cluster: LabCluster;
  let kubelet: KubeletDevices;
  let ended = 0;
  const said: string[] = [];

  const start = (tree: Tree) => {
    const env = { ...process.env, [markerVariable]: pluginMarker };
    return startOnNode(cluster.node, devicePlugin.program, preparedTree(tree, []), set?.config, env);
  };
  const allocatable = () =>
    cluster.kubectl.ok(
      ...['get', 'node', cluster.node.name, '-o', String.raw`jsonpath={.status.allocatable.vdpactl\.io/vdpa}`],
    );

  const running = () => listeningSocket(socket, `/proc/${cluster.node.pid}`);
  /** As the agent has it. */
  const watched = () =>
    new UpstreamPlugin({
      running,
      end() {
        ended += 1;
        return processesMarked(pluginMarker).filter((id) => signalProcess(id, 'SIGTERM')).length > 0;
      },
      wanted: () => ({
        advertiser: 'device-plugin',
        devices: decided.map((device) => ({ device, running: true })),
      }),
      known: () => kubelet.known(),
      log: (line) => said.push(line),
      settleMs: 1_000,
    });
  /** Then kubelet starts it anew; here the test does. */
  const untilEnded = async (plugin: UpstreamPlugin) => {
    const before = ended;
    expect(running()).not.toBeNull();
    while (ended === before) {
      await plugin.look(performance.now());
      await sleep(200);
    }
    await expect.poll(running, { timeout: 20_000 }).toBeNull();
  };

  beforeAll(async () => {
    cluster = await startCluster();
    kubelet = new KubeletDevices(cluster.node.path('/var/lib/kubelet/pod-resources/kubelet.sock'), 'vdpactl.io/vdpa');
    await start(without);
  });

  afterAll(async () => {
    kubelet?.close();
    await cluster?.stop();
  });

  test("is told of what upstream's device plugin found when it started, and of no more", async () => {
    await expect.poll(allocatable, { timeout: 40_000 }).toBe(`${decided.length - 1}`);
    expect(await kubelet.known()).toEqual(new Set(decided.slice(0, -1)));
  });

  test('is told of the NIC once the agent has ended that plugin, and it was started anew', async () => {
    const plugin = watched();
    await untilEnded(plugin);
    await start(machine);
    await expect.poll(allocatable, { timeout: 40_000 }).toBe(`${decided.length}`);
    await plugin.look(performance.now());
    expect([ended, plugin.problems]).toEqual([1, []]);
    expect(said).toEqual([expect.stringContaining(`${last} came`)]);
  });

  test('comes back to what that plugin tells when another has told it something else meanwhile', async () => {
    let isWanted = true;
    const agent = new DevicePlugin({
      folder: cluster.node.path('/var/lib/kubelet/device-plugins'),
      specs: () => [backendSpec('local0')],
      numaNodes: () => new Map(),
      isRunning: () => true,
      isWanted: () => isWanted,
      log: () => {},
    });
    await expect.poll(() => kubelet.known(), { timeout: 40_000 }).toEqual(new Set(['local0']));
    // As soon as the agent sees that the other listens.
    isWanted = false;
    await agent.look();
    expect(agent.state).toBe('idle');
    const plugin = watched();
    await untilEnded(plugin);
    await start(machine);
    await expect.poll(() => kubelet.known(), { timeout: 40_000 }).toEqual(new Set(decided));
    await agent.stop();
    expect(await kubelet.known()).toEqual(new Set(decided));
  });
});
