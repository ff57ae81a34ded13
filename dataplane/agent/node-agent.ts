// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../../src/errors/vdpa-error.ts';
import { makeFolder } from '../../src/files/make-folder.ts';
import { loopback, servePages } from '../../src/process/serve-pages.ts';
import { version } from '../../src/version.ts';
import type { BackendSpec } from '../contract/backend-spec.ts';
import { healthPorts } from '../contract/health-ports.ts';
import { hostPodPaths } from '../contract/pod-paths.ts';
import type { RunDir } from '../contract/run-dir.ts';
import { backendTrouble } from './backend-trouble.ts';
import { startCniService } from './cni/service.ts';
import { DevicePlugin } from './device-plugin/device-plugin.ts';
import { isUpstreamServing, watchUpstream } from './device-plugin/watch-upstream.ts';
import { deviceHealth } from './devices.ts';
import { agentPages, type HealthFacts, shownPages } from './health.ts';
import { installPlugin } from './install-plugin.ts';
import { CniCalls } from './metrics/cni-calls.ts';
import { deviceFamilies } from './metrics/device-metrics.ts';
import type { Family } from './metrics/exposition.ts';
import { processFamilies } from './metrics/process-metrics.ts';
import { deviceFacts, nodePage } from './node-facts.ts';
import { lookAtNode, prepareLiveNode } from './node-specs/live-node.ts';
import { NodeSpecs } from './node-specs/node-specs.ts';
import { openPods } from './pod/open.ts';
import { podHoldings } from './pod-holdings.ts';
import { serveAgent } from './serve.ts';
import { SupervisorWatch } from './supervisor-watch.ts';
import { watchDevices } from './watch-devices.ts';

/** What an agent on a node of a cluster is started with, and where it finds the parts of the node. */
export interface NodeAgentOptions {
  readonly dir: RunDir;
  readonly configFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
  /** The CNI plugin as it came with the agent, and the runtime's folder for it. */
  readonly cniBinary: string;
  readonly cniFolder: string;
  readonly mountProgram: string;
  /** Kubelet's folder of device plugins. */
  readonly devicePlugins: string;
  /** Where kubelet tells which devices it has to give. */
  readonly podResources: string;
  readonly healthPort?: number;
  /** The node's own address, where what it shows to others is shown; null: to nobody. */
  readonly shownAt: string | null;
}

export interface NodeAgent {
  readonly healthPort: number;
  stop(): Promise<void>;
}

/** What failed, such as on a full disk, is tried again after this, ms. */
const installAgainMs = 30_000;

/**
 * The agent of a cluster's node. What was attached and offered before it began is served from its first moment; only then
 * does it look at the node. Rejects when it cannot listen.
 */
export async function startNodeAgent(options: NodeAgentOptions): Promise<NodeAgent> {
  const { dir, configFile, env, log } = options;
  for (const folder of [dir.root, dir.backends, dir.wires, dir.logs]) makeFolder(folder);
  const pods = await openPods({ dir, log, mountProgram: options.mountProgram });
  const supervisor = await SupervisorWatch.begin(dir);
  const isAlive = () => supervisor.alive;
  const stateOf = (device: string, spec?: BackendSpec) => deviceHealth(dir, device, spec, isAlive).state;
  const isRunning = (spec: BackendSpec) => stateOf(spec.device, spec) === 'running';
  const specs = new NodeSpecs({
    dir,
    log,
    store: pods.store,
    isRunning: (device) => stateOf(device) === 'running',
    look: () => lookAtNode(configFile, env),
    prepare: (look) => prepareLiveNode(look, env, log),
  });
  const calls = new CniCalls();
  const grpc = await serveAgent(dir, { holdings: podHoldings(pods.store, hostPodPaths), isAlive });
  const devices = () => specs.offered;
  const onCall = calls.add.bind(calls);
  const cni = await startCniService({ dir, store: pods.store, devices, isRunning, log, onCall });
  const installing = keepInstalled(options);
  const plugin = new DevicePlugin({
    folder: options.devicePlugins,
    specs: devices,
    numaNodes: () => specs.view?.numaNodes ?? new Map(),
    isRunning,
    isWanted: wantedAsLongAs(() => specs.view?.advertiser ?? null),
    log,
  });
  const upstream = watchUpstream({
    podResources: options.podResources,
    wanted: () =>
      specs.view && {
        advertiser: specs.view.advertiser,
        devices: devices().map((spec) => ({ device: spec.device, running: isRunning(spec) })),
      },
    log,
  });
  const facts = () =>
    devices().map((spec) => deviceFacts(dir, spec, isAlive, pods.store.holderOf(spec.device) !== null));
  const metrics = (): Family[] => [
    ...deviceFamilies(facts()),
    gauge('vdpactl_attachments', 'Interfaces that pods of this node have.', pods.store.all().length),
    gauge('vdpactl_device_plugin_registered', 'Whether kubelet has this agent as the device plugin.', registered()),
    ...calls.families(),
    ...processFamilies(version),
  ];
  const problems = () => [
    ...specs.problems,
    ...devices().flatMap((spec) => (isRunning(spec) ? [] : backendTrouble(dir, spec.device))),
    ...upstream.problems,
  ];
  const registered = () => Number(plugin.state === 'registered');
  const pages: HealthFacts = {
    obstacles: () => [
      ...(specs.view === null ? specs.problems : []),
      ...(installing.problem === '' ? [] : [`the CNI plugin is not installed: ${installing.problem}`]),
      ...(plugin.complaint === '' ? [] : [`device plugin: ${plugin.complaint}`]),
    ],
    notes: () => (specs.view === null ? [] : problems()),
    metrics,
    node: () => nodePage({ view: specs.view, problems: problems() }, facts()),
  };
  const health = await servePages(loopback, options.healthPort ?? healthPorts.agent, agentPages(pages));
  const shown = await showToOthers(options, health.port, pages);
  log(`serving ${dir.grpcSocket}, ${dir.cniSocket} and port ${health.port}`);
  const watch = await watchDevices(specs, configFile, () => void plugin.look());
  return {
    healthPort: health.port,
    async stop() {
      watch.stop();
      installing.stop();
      supervisor.stop();
      upstream.stop();
      health.stop();
      shown?.stop();
      await plugin.stop();
      await cni.stop();
      pods.stop();
      grpc.stop();
    },
  };
}

/** To give devices to pods goes before showing them: an address that is not to be had is told, and no reason to end. */
async function showToOthers({ shownAt, log }: NodeAgentOptions, port: number, pages: HealthFacts) {
  if (shownAt === null) return null;
  return servePages(shownAt, port, shownPages(pages)).catch((error: unknown) => {
    log(`nothing is shown at ${shownAt}: ${messageOf(error)}`);
    return null;
  });
}

/** The resource stays when the last device goes: kubelet is told that there is none, instead of nothing. */
function wantedAsLongAs(advertiser: () => 'agent' | 'device-plugin' | 'none' | null): () => boolean {
  let wasAgent = false;
  return () => {
    const now = advertiser();
    if (now === 'agent' || now === 'device-plugin') wasAgent = now === 'agent';
    // Kubelet would believe whoever came last.
    return wasAgent && !isUpstreamServing();
  };
}

/** Installs the CNI plugin now and again whenever it is gone: an upgrade of the runtime may empty its folder. */
function keepInstalled({ dir, cniBinary, cniFolder, log }: NodeAgentOptions): { problem: string; stop(): void } {
  const install = () => {
    try {
      if (installPlugin(dir, cniBinary, cniFolder)) log(`installed the CNI plugin in ${cniFolder}`);
      kept.problem = '';
    } catch (error) {
      if (kept.problem !== messageOf(error)) log(`the CNI plugin cannot be installed: ${messageOf(error)}`);
      kept.problem = messageOf(error);
    }
  };
  const timer = setInterval(install, installAgainMs);
  const kept = { problem: '', stop: () => clearInterval(timer) };
  install();
  return kept;
}

function gauge(name: string, help: string, value: number): Family {
  return { name, help, type: 'gauge', samples: [{ labels: {}, value }] };
}
