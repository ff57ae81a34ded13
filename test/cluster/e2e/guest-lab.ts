// SPDX-License-Identifier: Apache-2.0
import { configSchema } from '../../../src/config/config-schema.ts';
import type { DataNic, Machine } from '../../hardware/helpers/machine.ts';
import { type GuestNode, guestNodeName, startGuestNode } from '../guest-node.ts';
import { importDevicePluginImage } from '../helpers/device-plugin-image.ts';
import { extendFlannel, installFlannel } from '../helpers/flannel.ts';
import { importMultusImage } from '../helpers/multus-image.ts';
import { startCluster } from '../lab-cluster.ts';
import type { BuiltImages } from './built-images.ts';
import { ClusterUser } from './cluster-user.ts';
import { EndToEnd } from './end-to-end.ts';
import { putBackHugePages, setAsideHugePages } from './huge-pages.ts';
import { hugePageMiB, settings as localSettings, namespace, workloadNamespace } from './pods.ts';
import { routedFrames } from './routed-frames.ts';

export interface GuestLabParts {
  readonly machine: Machine;
  /** What it boots. */
  readonly built: string;
  readonly images: BuiltImages;
  /** The programs of upstream. */
  readonly multus: readonly string[];
  readonly devicePlugin: string;
  /** The folder of Flannel's. */
  readonly flannel: string;
}

/** A workload as it runs: what was asked for, where it is, and what it was made from. */
export interface Running {
  readonly pod: string;
  readonly node: string;
  /** As the API server has it. */
  readonly template: unknown;
  readonly image: string;
  /** The digest of its configuration, by which the runtime knows it. */
  readonly imageId: string;
}

interface StackPod {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly status: { readonly containerStatuses: readonly { readonly restartCount: number }[] };
}

const untilOverMs = 600_000;
/** The machine is emulated by one that polls: everything there takes a while. */
const patience = { commandMs: 1_500_000, tries: 12 };
/** What the workload's pod is made by, and room for a NIC that comes later: the rest is found out. */
const settings = { memory: localSettings.memory, nics: { roomFor: 2 } };

/** A cluster of this machine, which a machine with NICs joins, in emulation. Both have the same images. */
export class GuestLab extends ClusterUser {
  /** The same user, who asks for virtual devices on this machine. */
  readonly local: EndToEnd;
  readonly #parts: GuestLabParts;
  #node: GuestNode | null = null;

  private constructor(local: EndToEnd, parts: GuestLabParts) {
    super(local.cluster, settings, patience);
    this.local = local;
    this.#parts = parts;
  }

  static async start(parts: GuestLabParts): Promise<GuestLab> {
    const why = await setAsideHugePages(hugePageMiB);
    if (why !== null) throw new Error(why);
    let lab: GuestLab | null = null;
    try {
      const cluster = await startCluster(guestNodeName(parts.machine));
      lab = new GuestLab(new EndToEnd(cluster, localSettings), parts);
      await installFlannel(cluster, parts.flannel);
      await importMultusImage(cluster.node, parts.multus, upstream.multus);
      await parts.images.loadInto(cluster.node);
      return lab;
    } catch (error) {
      if (lab === null) await putBackHugePages();
      else await lab.stop();
      throw error;
    }
  }

  /** Boots the machine, joins it, and hands it the images as this one has them. */
  async join(): Promise<void> {
    const { machine, built, images, multus, devicePlugin, flannel } = this.#parts;
    const node = await startGuestNode(this.cluster, machine, built, routedFrames);
    this.#node = node;
    await extendFlannel(this.cluster, node, flannel);
    await importMultusImage(node, multus, upstream.multus);
    await importDevicePluginImage(node, devicePlugin, upstream.devicePlugin);
    await node.importArchive((archive) => images.takeFrom(this.cluster.node, archive));
  }

  get node(): GuestNode {
    if (this.#node === null) throw new Error('no machine has joined');
    return this.#node;
  }

  async stop(): Promise<void> {
    await this.#node?.stop();
    await this.cluster.stop();
    await putBackHugePages();
    this.local.remove();
    this.remove();
  }

  /** What a field of the node in the cluster says. */
  field(path: string): Promise<string> {
    return this.kubectl('get', 'node', this.node.name, '-o', `jsonpath={${path}}`);
  }

  /** What a container of a component of the stack has said. */
  async logOf(component: string, container: string): Promise<string> {
    return this.kubectl('-n', namespace, 'logs', await this.podOf(component), '-c', container);
  }

  /** Which components of the stack have pods. */
  async components(): Promise<string[]> {
    const path = String.raw`jsonpath={.items[*].metadata.labels.app\.kubernetes\.io/component}`;
    const text = await this.kubectl('-n', namespace, 'get', 'pods', '-o', path);
    return [...new Set(text.split(' '))].sort();
  }

  /** The pod of each component of the stack, and how often its containers were started anew. */
  async restarts(): Promise<Record<string, { pod: string; times: number }>> {
    const text = await this.kubectl('-n', namespace, 'get', 'pods', '-o', 'json');
    const { items }: { items: StackPod[] } = JSON.parse(text);
    return Object.fromEntries(
      items.map(({ metadata, status }) => [
        metadata.labels['app.kubernetes.io/component'],
        { pod: metadata.name, times: status.containerStatuses.reduce((sum, each) => sum + each.restartCount, 0) },
      ]),
    );
  }

  /** How many devices kubelet has to give. */
  async allocatable(): Promise<number> {
    return Number((await this.field(String.raw`.status.allocatable.vdpactl\.io/vdpa`)) || 0);
  }

  /** As soon as something runs that polls it is kept from taking all that the machine has. */
  override async ready(what: string, inNamespace: string): Promise<void> {
    await super.ready(what, inNamespace);
    await this.calm();
  }

  /** Holds what polls on the machine to a share of a CPU: kubelet and the agent are to get something, too. */
  async calm(): Promise<void> {
    const own = '/sys/fs/cgroup/lab-pollers';
    await this.#node?.guest.get(`mkdir -p ${own}
      for pid in $(pgrep '^dpdk-'); do
        group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/$pid/cgroup)
        # Outside of pods there may be none that can be limited.
        if [[ $group != */kubepods/* ]]; then
          echo $pid >${own}/cgroup.procs
          group=${own}
        fi
        echo '50000 100000' >$group/cpu.max
      done`);
  }

  /** Sends frames into the cable of a NIC until `isOver`, and answers how many of them never came back. */
  async lostUntil(isOver: () => Promise<boolean>, nic: DataNic): Promise<{ sent: number; lost: number }> {
    const wire = this.node.guest.wire(nic.name);
    const total = { sent: 0, lost: 0 };
    const deadline = performance.now() + untilOverMs;
    while (!(await isOver())) {
      if (performance.now() > deadline) throw new Error(await this.situation());
      const { sent, returned } = await wire.exchange(64, nic.mac);
      total.sent += sent;
      total.lost += sent - returned;
    }
    return total;
  }

  /** The l3fwd of the stack, once it is ready. */
  async l3fwd(): Promise<Running> {
    const get = async (...what: readonly string[]) =>
      JSON.parse(await this.kubectl('-n', workloadNamespace, 'get', ...what, '-o', 'json'));
    const pod: string = (await get('pods')).items[0].metadata.name;
    await this.ready(`pod/${pod}`, workloadNamespace);
    const { spec, status } = await get('pod', pod);
    const deployment = await get('deployment', 'l3fwd');
    return {
      ...{ pod, node: spec.nodeName, template: deployment.spec.template },
      ...{ image: spec.containers[0].image, imageId: status.containerStatuses[0].imageID },
    };
  }
}

const upstream = configSchema.parse({}).kubernetes.images;
