// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import {
  type BackendCounters,
  type BackendStatus,
  backendStatusSchema,
} from '../../../dataplane/contract/backend-spec.ts';
import { healthPorts } from '../../../dataplane/contract/health-ports.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { run } from '../../../src/process/run.ts';
import { installFlannel } from '../helpers/flannel.ts';
import { importMultusImage } from '../helpers/multus-image.ts';
import { startCluster } from '../lab-cluster.ts';
import type { BuiltImages } from './built-images.ts';
import { ClusterUser } from './cluster-user.ts';
import { limitCpu } from './cpu-share.ts';
import { putBackHugePages, setAsideHugePages } from './huge-pages.ts';
import { generatorPod, hugePageMiB, namespace, settings, workloadNamespace } from './pods.ts';

/** Of a CPU: for the backends of both devices together, and for each workload. */
const share = { backends: 0.5, workload: 0.25 };

/** A cluster with one real node that has the real images, and a user who runs vdpactl. */
export class EndToEnd extends ClusterUser {
  /** The addresses that Flannel gives to pods. */
  podRange = '';

  /** `multus` are programs, `flannel` is the folder of them. */
  static async start(images: BuiltImages, multus: readonly string[], flannel: string): Promise<EndToEnd> {
    const why = await setAsideHugePages(hugePageMiB);
    if (why !== null) throw new Error(why);
    let lab: EndToEnd | null = null;
    try {
      lab = new EndToEnd(await startCluster(), settings);
      lab.podRange = await installFlannel(lab.cluster, flannel);
      await importMultusImage(lab.cluster.node, multus, configSchema.parse({}).kubernetes.images.multus);
      await images.loadInto(lab.cluster.node);
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
    this.remove();
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

  /** As soon as something runs that polls it is kept from taking all that the machine has. */
  override async ready(what: string, inNamespace: string): Promise<void> {
    await super.ready(what, inNamespace);
    await this.calm();
  }

  async calm(): Promise<void> {
    const path = 'jsonpath={range .items[*]}{.metadata.name} {.metadata.uid};{end}';
    const [ours, workloads] = await Promise.all(
      [namespace, workloadNamespace].map((each) => this.kubectl('-n', each, 'get', 'pods', '-o', path)),
    );
    for (const line of `${ours}${workloads}`.split(';')) {
      const [name = '', uid] = line.split(' ');
      if (uid === undefined || /^(vdpactl-(agent|multus)|generator)/.test(name)) continue;
      limitCpu(uid, name.startsWith('vdpactl-backend') ? share.backends : share.workload);
    }
  }

  async apply(object: object): Promise<void> {
    expect(await this.cluster.kubectl.apply(JSON.stringify(object))).toMatchObject({ exitCode: 0, stderr: '' });
  }

  /** Of each workload what changes when its process was started anew. */
  async workloads(): Promise<Map<string, string>> {
    const container = '{.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}';
    const path = `jsonpath={range .items[*]}{.metadata.name}={.status.phase} ${container};{end}`;
    const text = await this.kubectl('-n', workloadNamespace, 'get', 'pods', '-o', path);
    return new Map(text.split(';').flatMap((each) => (each === '' ? [] : [each.split('=') as [string, string]])));
  }

  /** Whether kubelet and the runtime can start a process in a workload. */
  async canRunIn(pod: string): Promise<boolean> {
    const result = await this.cluster.kubectl.run('-n', workloadNamespace, 'exec', pod, '--', 'true');
    return result.exitCode === 0;
  }

  /** Asks the API to evict a pod, as `kubectl drain` does. */
  async evict(inNamespace: string, name: string): Promise<void> {
    const file = join(this.folder, 'eviction.json');
    const metadata = { name, namespace: inNamespace };
    writeFileSync(file, JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata }));
    await this.kubectl('create', '--raw', `/api/v1/namespaces/${inNamespace}/pods/${name}/eviction`, '-f', file);
  }

  /** The process of a container or sandbox, by its number on the node. */
  async taskOf(container: string): Promise<string> {
    const socket = join(this.cluster.node.folder, 'own/run/containerd/containerd.sock');
    const { stdout } = await run('ctr', ['--address', socket, '--namespace', 'k8s.io', 'tasks', 'ls']);
    const line = stdout.split('\n').find((each) => each.startsWith(container));
    const pid = line?.split(/\s+/)[1];
    if (container === '' || pid === undefined) throw new Error(`${container} has no task:\n${stdout}`);
    return pid;
  }

  /** Of a process on the node the one that started it. */
  parentOf(pid: string): string {
    const status = readFileSync(this.cluster.node.path(`/proc/${pid}/status`), 'utf8');
    return /^PPid:\s+(\d+)$/m.exec(status)?.[1] ?? '';
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
