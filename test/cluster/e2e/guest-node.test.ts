// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { backendStatusSchema } from '../../../dataplane/contract/backend-spec.ts';
import { run } from '../../../src/process/run.ts';
import { labImage } from '../../hardware/helpers/lab-image.ts';
import type { Machine } from '../../hardware/helpers/machine.ts';
import { nodeState } from '../../hardware/helpers/node-state.ts';
import { aws, machines } from '../../hardware/machines.ts';
import { BuiltImages } from './built-images.ts';
import { GuestLab, type Running } from './guest-lab.ts';
import { whyNoHugePages } from './huge-pages.ts';
import { hugePageMiB, idlePod, namespace, workloadNamespace } from './pods.ts';

const { whyNoNode, multus, devicePlugin } = inject('cluster');
/** The kernel's driver of the NICs of each machine that can be asked for. */
const drivers: Readonly<Record<string, string>> = { aws: 'e1000e', alibaba: 'virtio-pci' };
const asked = machines.find(({ name }) => name === process.env['VDPACTL_LAB_GUEST'] && name in drivers) ?? null;
const notAsked = asked === null ? `it runs with VDPACTL_LAB_GUEST=${Object.keys(drivers).join('|')}` : null;
const images = await BuiltImages.find();
const hardware = notAsked === null ? await labImage() : { missing: '' };
const why =
  notAsked ??
  whyNoNode ??
  multus.missing ??
  devicePlugin.missing ??
  (typeof images === 'string' ? images : null) ??
  ('missing' in hardware ? hardware.missing : await whyNoHugePages(hugePageMiB));
if (why !== null) process.stderr.write(`cluster: no test of a node with NICs: ${why}\n`);

const device = '0000:02:00.0';
const uplink = '0000:01:00.0';
/** One CPU for the backend and one for the workload to poll, one for all else; huge pages before kubelet starts. */
const machine: Machine = { ...(asked ?? aws), cpus: 3, memoryMiB: 4096, kernelArguments: 'hugepages=400' };
const [nic] = machine.nics;
const frames = 2_000;

/** The second node is emulated, its NICs too; all that runs on it is real. */
describe.skipIf(why !== null)(
  'the same l3fwd, on a node without a NIC and on one with NICs',
  { timeout: 1_800_000 },
  () => {
    let lab: GuestLab;
    let first: Running;
    let second: Running;
    let before = '';

    const state = () => nodeState(lab.node.guest);
    const linesAbout = (text: string, address: string) =>
      text.split('\n').filter((line) => line.includes(` ${address} `));
    const say = (text: string) => process.stderr.write(`cluster: ${text}\n`);

    beforeAll(async () => {
      if (typeof images === 'string' || 'missing' in hardware) return;
      lab = await GuestLab.start({
        ...{ machine, images, multus: multus.programs },
        ...{ built: hardware.built, devicePlugin: devicePlugin.program },
      });
    }, 1_200_000);

    afterAll(async () => {
      await lab?.stop();
      if (typeof images !== 'string') images.remove();
    }, 120_000);

    test('on this machine, with a virtual device, it moves packets', async () => {
      const { local } = lab;
      await local.json('deploy', '--provider', 'local', ...inCluster);
      first = await lab.l3fwd();
      expect(first.node).toBe(lab.cluster.node.name);
      const attachments = JSON.parse(await lab.inWorkload(first.pod, 'cat', '/var/run/vdpa/attachments.json'));
      await local.expectTraffic([attachments.attachments[0].device]);
      await local.stopGenerator();
      say(`${first.image} (${first.imageId}) runs on ${first.node}: ${JSON.stringify(attachments.attachments[0])}`);
      expect(await local.json('destroy', '--yes', ...inCluster)).toMatchObject({ clusters: [{ state: 'destroyed' }] });
    });

    test('a machine with NICs joins the cluster', async () => {
      await lab.join();
      // What the first pod of a node brings is the runtime's, and DPDK's mlx5 driver has the kernel load a module.
      await lab.startPod({ ...idlePod, spec: { ...idlePod.spec, nodeName: lab.node.name } }, 'default', 'idle');
      await lab.kubectl('delete', 'pod', 'idle', '--timeout=55s');
      await lab.node.guest.get('modprobe ib_core');
      await vi.waitFor(async () => expect(await state()).not.toContain('net veth'), {
        timeout: 60_000,
        interval: 1_000,
      });
      before = await state();
      expect(linesAbout(before, device).join()).toContain(`driver ${drivers[machine.name]}`);
    });

    test('vdpactl finds out what the nodes are, and deploys to the one that has a NIC to give away', async () => {
      const document = await lab.json('deploy', ...inCluster, '--timeout', '900', '--probe-timeout', '600');
      expect(document).toMatchObject({
        clusters: [
          {
            state: 'deployed',
            nodes: [{ name: lab.node.name, provider: machine.name, backend: 'testpmd', devices: 1 }],
            leftOut: [lab.cluster.node.name],
          },
        ],
      });
    });

    test('the NIC is prepared and offered by the upstream device plugin; the uplink is as it was', async () => {
      const now = await state();
      expect(linesAbout(now, device).join()).toContain('driver vfio-pci');
      expect(linesAbout(now, uplink)).toEqual(linesAbout(before, uplink));
      expect(await lab.field(String.raw`.status.allocatable.vdpactl\.io/vdpa`)).toBe('1');
      const log = await lab.kubectl('-n', namespace, 'logs', await lab.podOf('device-plugin'), '-c', 'device-plugin');
      expect(log).toContain('New resource server is created for vdpa ResourcePool');
      const agent = await lab.kubectl('-n', namespace, 'logs', await lab.podOf('agent'), '-c', 'prepare');
      expect(agent).toContain(device);
    });

    test('l3fwd is the same image, by digest, and the same pod, to the letter', async () => {
      second = await lab.l3fwd();
      expect(second.node).toBe(lab.node.name);
      expect(second.template).toEqual(first.template);
      expect([second.image, second.imageId]).toEqual([first.image, first.imageId]);
      const here = await listed(lab, first.image);
      const there = (await lab.node.guest.get(listing(first.image))).trim();
      expect(there).toMatch(/ sha256:[0-9a-f]{64}$/);
      expect(there).toBe(here);
      say(`${there} on both nodes; it runs on ${second.node} (${second.imageId})`);
    });

    test('it has its interface by Multus and our CNI plugin, and no privilege', async () => {
      expect(await lab.inWorkload(second.pod, 'cat', '/var/run/vdpa/eal.args')).toContain(
        '--vdev=net_virtio_user0,path=/var/run/vdpa/net1/vhost.sock,server=1,',
      );
      const status = await lab.inWorkload(second.pod, 'cat', '/proc/1/status');
      expect(status).toMatch(/^CapBnd:\s+0+$/m);
      expect(status).toMatch(/^Uid:\s+65532\s/m);
      const path = String.raw`jsonpath={.metadata.annotations.k8s\.v1\.cni\.cncf\.io/network-status}`;
      const networks = JSON.parse(await lab.kubectl('-n', workloadNamespace, 'get', 'pod', second.pod, '-o', path));
      expect(networks).toMatchObject([
        { interface: 'eth0' },
        { interface: 'net1', 'device-info': { type: 'vhost-user', 'vhost-user': { mode: 'server' } } },
      ]);
    });

    test('packets come in by the cable of the NIC, go through testpmd to l3fwd in the pod, and out again routed', async () => {
      const wire = lab.node.guest.wire(nic?.name ?? '');
      const mac = nic?.mac ?? '';
      // Whole, from link to workload, before it counts.
      await expect.poll(async () => (await wire.exchange(1, mac)).returned, { timeout: 300_000 }).toBe(1);
      const { sent, returned } = await wire.exchange(frames, mac, 300_000);
      expect({ sent, returned }).toEqual({ sent: frames, returned: frames });
      const counted = async () => {
        const text = await lab.node.guest.get(`cat /run/vdpa/backends/${device}.status.json`);
        const { counters } = backendStatusSchema.parse(JSON.parse(text));
        return Math.min(counters?.wire?.rxPackets ?? 0, counters?.workload?.rxPackets ?? 0);
      };
      await expect.poll(counted, { timeout: 60_000 }).toBeGreaterThanOrEqual(frames);
      say(
        `${sent} datagrams went into the NIC of ${second.node}, and ${returned} came back routed; testpmd counted ${await counted()}`,
      );
    });

    test('vdpactl status shows who has it', async () => {
      const { stdout } = await lab.vdpactl('status', '--target', 'kubernetes');
      expect(stdout).toContain('1 device planned, 1 offered, 1 in use');
      const document = JSON.stringify(await lab.json('status', '--target', 'kubernetes', '--devices'));
      expect(document).toContain(second.pod);
      // Asked of the agent through the API server.
      expect(document).toContain('"connected":true');
    });

    test('vdpactl destroy gives the NIC back to its driver, and leaves the node as it was', async () => {
      const document = await lab.json('destroy', '--yes', ...inCluster, '--timeout', '900');
      expect(document).toMatchObject({ clusters: [{ state: 'destroyed' }] });
      await expect.poll(state, { timeout: 120_000, interval: 2_000 }).toBe(before);
      expect(await lab.field(String.raw`.status.allocatable.vdpactl\.io/vdpa`)).toMatch(/^0?$/);
      expect(await lab.node.guest.get('ls -d /run/vdpa /opt/cni/bin/vdpa 2>/dev/null || true')).toBe('');
      expect(await lab.kubectl('get', 'namespaces', '-o', 'name')).not.toContain('vdpactl');
    });
  },
);

const inCluster = ['--target', 'kubernetes', '--progress', 'none'] as const;

/** What containerd knows of an image: its name and its digest. */
function listing(reference: string): string {
  return `ctr --namespace k8s.io images ls name==${reference} | awk 'NR > 1 { print $1, $3 }'`;
}

async function listed({ cluster }: GuestLab, reference: string): Promise<string> {
  const address = `${cluster.node.folder}/own/run/containerd/containerd.sock`;
  return (await run('bash', ['-c', `export CONTAINERD_ADDRESS=${address}; ${listing(reference)}`])).stdout.trim();
}
