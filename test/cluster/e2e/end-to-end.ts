// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import {
  type BackendCounters,
  type BackendStatus,
  backendStatusSchema,
} from '../../../dataplane/contract/backend-spec.ts';
import { healthPorts } from '../../../dataplane/contract/health-ports.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { type RunResult, run } from '../../../src/process/run.ts';
import { cliPath } from '../../local/helpers/cli.ts';
import { importMultusImage } from '../helpers/multus-image.ts';
import { type LabCluster, startCluster } from '../lab-cluster.ts';
import type { BuiltImages } from './built-images.ts';
import { putBackHugePages, setAsideHugePages } from './huge-pages.ts';
import { generatorPod, hugePageMiB, namespace, settings, workloadNamespace } from './pods.ts';

/** A cluster with one real node that has the real images, and a user who runs vdpactl. */
export class EndToEnd {
  readonly cluster: LabCluster;
  readonly folder = mkdtempSync(join(tmpdir(), 'vdpactl-e2e-'));

  private constructor(cluster: LabCluster) {
    this.cluster = cluster;
  }

  static async start(images: BuiltImages, multus: readonly string[]): Promise<EndToEnd> {
    const why = await setAsideHugePages(hugePageMiB);
    if (why !== null) throw new Error(why);
    let lab: EndToEnd | null = null;
    try {
      lab = new EndToEnd(await startCluster());
      await importMultusImage(lab.cluster, multus, configSchema.parse({}).kubernetes.images.multus);
      await images.loadInto(lab.cluster.node);
      writeFileSync(join(lab.folder, 'vdpactl.yaml'), JSON.stringify(settings));
      return lab;
    } catch (error) {
      if (lab === null) await putBackHugePages();
      else await lab.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
    await putBackHugePages();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The built command line, as a user runs it. */
  vdpactl(...args: readonly string[]): Promise<RunResult> {
    const env = { PATH: process.env['PATH'], HOME: this.folder, KUBECONFIG: this.cluster.server.kubeconfig };
    return run(process.execPath, [cliPath, ...args], { cwd: this.folder, env, timeoutMs: 300_000 });
  }

  /** A command that must succeed; answers its JSON. */
  async json(...args: readonly string[]): Promise<unknown> {
    const result = await this.vdpactl(...args, '-o', 'json');
    if (result.exitCode !== 0) throw new Error(`vdpactl ${args.join(' ')}: ${result.all}\n${await this.#situation()}`);
    return JSON.parse(result.stdout);
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.cluster.kubectl.ok(...args);
  }

  /** As a pod's own user sees it. */
  inWorkload(pod: string, ...command: readonly string[]): Promise<string> {
    return this.kubectl('-n', workloadNamespace, 'exec', pod, '--', ...command);
  }

  /** Makes a pod and waits until it is ready. */
  async startPod(pod: object, inNamespace: string, name: string): Promise<void> {
    expect(await this.cluster.kubectl.apply(JSON.stringify(pod))).toMatchObject({ exitCode: 0, stderr: '' });
    await this.ready(`pod/${name}`, inNamespace);
  }

  /** With patience: five processes poll, and a program that starts gets what they leave. */
  async ready(what: string, inNamespace: string): Promise<void> {
    let said = '';
    for (let tries = 0; tries < 4; tries++) {
      const args = ['-n', inNamespace, 'wait', '--for=condition=Ready', what, '--timeout=50s'];
      const result = await this.cluster.kubectl.run(...args);
      if (result.exitCode === 0) return;
      said = result.all;
    }
    throw new Error(`${said}\n${await this.#situation()}`);
  }

  /** The only pod of a component of the stack. */
  podOf(component: string): Promise<string> {
    const selector = `app.kubernetes.io/component=${component}`;
    return this.kubectl('-n', namespace, 'get', 'pod', '-l', selector, '-o', 'jsonpath={.items[0].metadata.name}');
  }

  /** Kills the pod of a component at once, and waits for the next. */
  async killPod(...components: readonly string[]): Promise<void> {
    for (const component of components) {
      const pod = await this.podOf(component);
      await this.kubectl('-n', namespace, 'delete', 'pod', pod, '--force', '--grace-period=0');
    }
    for (const component of components) {
      await expect.poll(() => this.podOf(component).catch(() => ''), { timeout: 90_000 }).not.toBe('');
      await this.ready(`pod/${await this.podOf(component)}`, namespace);
    }
  }

  /** What the supervisor says of a device. */
  backend(device: string): BackendStatus {
    const file = this.cluster.node.path(`/run/vdpa/backends/${device}.status.json`);
    return backendStatusSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  }

  /** SIGKILL to the backend process of a device, in its pod. */
  async killBackend(device: string): Promise<void> {
    const { pid } = this.backend(device);
    await this.kubectl('-n', namespace, 'exec', await this.podOf('backend'), '--', 'sh', '-c', `kill -9 ${pid}`);
  }

  /** Starts a generator on the wires, and waits until what it sent came back through each of the devices. */
  async expectTraffic(devices: readonly string[]): Promise<void> {
    const before = new Map(devices.map((device) => [device, forwarded(this.backend(device).counters)]));
    await this.stopGenerator();
    await this.startPod(generatorPod(devices), namespace, 'generator');
    for (const device of devices) {
      const moved = () => forwarded(this.backend(device).counters) - (before.get(device) ?? 0);
      const timeout = 120_000;
      await expect.poll(moved, { timeout, interval: 500, message: `${device} moves packets` }).toBeGreaterThan(10_000);
    }
    const returned = async () => receivedBy(await this.kubectl('-n', namespace, 'logs', 'generator', '--tail=60'));
    await expect
      .poll(async () => (await returned()).filter((count) => count > 0).length, { timeout: 90_000 })
      .toBe(devices.length);
  }

  /** What the agent shows to Prometheus; on the node's loopback interface alone. */
  async metrics(): Promise<string> {
    const url = `http://127.0.0.1:${healthPorts.agent}/metrics`;
    const script = `fetch("${url}").then((answer) => answer.text()).then((text) => { console.log(text); process.exit() })`;
    return this.kubectl('-n', namespace, 'exec', await this.podOf('agent'), '-c', 'agent', '--', 'node', '-e', script);
  }

  async stopGenerator(): Promise<void> {
    await this.kubectl('-n', namespace, 'delete', 'pod', 'generator', '--ignore-not-found', '--timeout=55s');
  }

  async #situation(): Promise<string> {
    const { stdout } = await this.cluster.kubectl.run('get', 'pods', '-A', '-o', 'wide');
    const events = await this.cluster.kubectl.run('get', 'events', '-A', '--sort-by=.lastTimestamp');
    return `${stdout}\n${events.stdout.split('\n').slice(-25).join('\n')}`;
  }
}

/** Packets that went from the workload to the wire; whatever is sent back came in first. */
function forwarded(counters: BackendCounters | null): number {
  return Math.min(counters?.workload?.rxPackets ?? 0, counters?.wire?.txPackets ?? 0);
}

/** The last counts of what each port of testpmd has received. */
function receivedBy(log: string): number[] {
  const counts = [...log.matchAll(/statistics for port (\d+) .*\n\s+RX-packets: (\d+)/g)];
  return [...new Map(counts.map(([, port, count]) => [port, Number(count)])).values()];
}
