// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { run } from '../../../src/process/run.ts';
import { labImage } from '../../hardware/helpers/lab-image.ts';
import { nodeState } from '../../hardware/helpers/node-state.ts';
import { flannelTools } from '../helpers/flannel.ts';
import { BuiltImages } from './built-images.ts';
import { askedKind, type GuestDevice } from './guest-kinds.ts';
import { GuestLab, type Running } from './guest-lab.ts';
import { whyNoHugePages } from './huge-pages.ts';
import { expectRouting, plugIn } from './plugged-nic.ts';
import { hugePageMiB, idlePod, workloadNamespace } from './pods.ts';

const { whyNoNode, multus, devicePlugin } = inject('cluster');
const { kind, notAsked } = askedKind();
const images = await BuiltImages.find();
const flannel = await flannelTools();
const hardware = notAsked === null ? await labImage() : { missing: '' };
const why =
  notAsked ??
  whyNoNode ??
  multus.missing ??
  devicePlugin.missing ??
  ('missing' in flannel ? flannel.missing : null) ??
  (typeof images === 'string' ? images : null) ??
  ('missing' in hardware ? hardware.missing : await whyNoHugePages(hugePageMiB));
if (why !== null) process.stderr.write(`cluster: no test of a node with NICs: ${why}\n`);

const uplink = '0000:01:00.0';
const { machine, nic, later } = kind;
const frames = 2_000;
/** In emulation it takes some five minutes; test/cluster/upstream-plugin.test.ts shows most of it in seconds. */
const plugs = process.env['VDPACTL_LAB_PLUG'] !== '0';

/** The second node is emulated, its NICs too; all that runs on it is real. */
describe.skipIf(why !== null)(
  'the same l3fwd, on a node without a NIC and on one with NICs',
  { timeout: 1_800_000 },
  () => {
    let lab: GuestLab;
    let first: Running;
    let second: Running;
    let device: GuestDevice;
    let newcomer: GuestDevice | null = null;
    let before = '';

    const state = () => nodeState(lab.node.guest);
    const deploy = () => lab.json('deploy', ...inCluster, '--timeout', '900', '--probe-timeout', '600');
    const linesAbout = (text: string, address: string) =>
      text.split('\n').filter((line) => line.includes(` ${address} `));
    const say = (text: string) => process.stderr.write(`cluster: ${text}\n`);

    beforeAll(async () => {
      if (typeof images === 'string' || 'missing' in hardware || 'missing' in flannel) return;
      lab = await GuestLab.start({
        ...{ machine, images, multus: multus.programs },
        ...{ built: hardware.built, devicePlugin: devicePlugin.program, flannel: flannel.bin },
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
      const idle = [lab.node.name, lab.cluster.node.name].map((nodeName) => ({
        ...idlePod,
        ...{ metadata: { ...idlePod.metadata, name: nodeName }, spec: { ...idlePod.spec, nodeName } },
      }));
      for (const pod of idle) await lab.startPod(pod, 'default', pod.metadata.name);
      const [there = '', here = ''] = idle.map(({ metadata }) => metadata.name);
      // Flannel's network goes from node to node.
      const address = await lab.kubectl('get', 'pod', there, '-o', 'jsonpath={.status.podIP}');
      expect(await lab.kubectl('exec', here, '--', 'node', '-e', answerOfNobody, address)).toBe('ECONNREFUSED');
      await lab.kubectl('delete', 'pod', here, there, '--timeout=55s');
      await lab.node.guest.get('modprobe ib_core');
      await vi.waitFor(async () => expect(await state()).not.toContain('net veth'), {
        timeout: 60_000,
        interval: 1_000,
      });
      device = await kind.makeDevice(lab.node.guest, nic);
      before = await state();
      const { name, lines } = device;
      if (lines.before === null) expect(linesAbout(before, name)).toEqual([]);
      else expect(before).toContain(lines.before);
    });

    test('vdpactl finds out what the nodes are, and deploys to the one that has a NIC to give away', async () => {
      expect(await deploy()).toMatchObject({
        clusters: [
          {
            state: 'deployed',
            nodes: [{ name: lab.node.name, provider: kind.provider, backend: kind.backend, devices: 1 }],
            leftOut: [lab.cluster.node.name],
          },
        ],
      });
    });

    test(`the NIC is prepared and offered by the ${kind.offeredBy.component}; the uplink is as it was`, async () => {
      const now = await state();
      expect(now).toContain(device.lines.prepared);
      expect(linesAbout(now, uplink)).toEqual(linesAbout(before, uplink));
      expect(await lab.allocatable()).toBe(1);
      const { component, says } = kind.offeredBy;
      expect(await lab.logOf(component, component)).toContain(says);
      expect(await lab.logOf('agent', 'prepare')).toContain(device.name);
      // Of a resource kubelet takes one of them at its word.
      expect(await lab.components()).toEqual(kind.components);
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
        `--vdev=net_virtio_user0,${kind.attachment.ealArgs}`,
      );
      const status = await lab.inWorkload(second.pod, 'cat', '/proc/1/status');
      expect(status).toMatch(/^CapBnd:\s+0+$/m);
      expect(status).toMatch(/^Uid:\s+65532\s/m);
      const path = String.raw`jsonpath={.metadata.annotations.k8s\.v1\.cni\.cncf\.io/network-status}`;
      const networks = JSON.parse(await lab.kubectl('-n', workloadNamespace, 'get', 'pod', second.pod, '-o', path));
      expect(networks).toMatchObject([
        { name: 'cbr0', interface: 'eth0', default: true },
        { interface: 'net1', 'device-info': kind.attachment.deviceInfo },
      ]);
    });

    test('packets come in by the cable of the NIC, go to l3fwd in the pod, and out again routed', async () => {
      const wire = lab.node.guest.wire(nic.name);
      const { mac } = nic;
      // Whole, from link to workload, before it counts.
      await expect.poll(async () => (await wire.exchange(1, mac)).returned, { timeout: 300_000 }).toBe(1);
      const { sent, returned } = await wire.exchange(frames, mac, 300_000);
      expect({ sent, returned }).toEqual({ sent: frames, returned: frames });
      await expect.poll(() => device.counted(), { timeout: 60_000 }).toBeGreaterThanOrEqual(frames);
      say(
        `${sent} datagrams went into the NIC of ${second.node}, and ${returned} came back routed; ${kind.counter} counted ${await device.counted()}`,
      );
    });

    test('vdpactl status shows who has it', async () => {
      const { stdout } = await lab.vdpactl('status', '--target', 'kubernetes');
      expect(stdout).toContain('1 device planned, 1 offered, 1 in use');
      const document = JSON.stringify(await lab.json('status', '--target', 'kubernetes', '--devices'));
      expect(document).toContain(second.pod);
      // Asked of the agent through the API server. Where the kernel is in between nobody counts.
      expect(document).toContain(kind.backend === 'testpmd' ? '"connected":true' : '"attached":true');
    });

    test.skipIf(!plugs)('a NIC that comes is given away, without a restart that traffic would notice', async () => {
      newcomer = await plugIn(lab, kind, say);
      expect(await state()).toContain(newcomer.lines.prepared);
      await expectRouting(lab, later, newcomer);
      // Into the plan, too; there was room for it from the start.
      const restarts = await lab.restarts();
      const planned = { name: lab.node.name, provider: kind.provider, backend: kind.backend, devices: 2 };
      expect(await deploy()).toMatchObject({ clusters: [{ state: 'deployed', nodes: [planned] }] });
      expect(await lab.restarts()).toEqual(restarts);
    });

    test('vdpactl destroy gives the NIC back to its driver, and leaves the node as it was', async () => {
      const document = await lab.json('destroy', '--yes', ...inCluster, '--timeout', '900');
      expect(document).toMatchObject({ clusters: [{ state: 'destroyed' }] });
      if (newcomer !== null) {
        const { before: driven } = newcomer.lines;
        if (driven !== null) await expect.poll(state, { timeout: 120_000 }).toContain(driven);
        // It came after it was looked how the node was before.
        await newcomer.unmake();
        await lab.node.guest.unplug(later);
      }
      await expect.poll(state, { timeout: 120_000, interval: 2_000 }).toBe(before);
      expect(await lab.allocatable()).toBe(0);
      expect(await lab.node.guest.get('ls -d /run/vdpa /opt/cni/bin/vdpa 2>/dev/null || true')).toBe('');
      expect(await lab.kubectl('get', 'namespaces', '-o', 'name')).not.toContain('vdpactl');
    });
  },
);

/** Says what connecting to a port says on which nothing listens, for a while. */
const answerOfNobody = `
  const socket = require('node:net').connect({ host: process.argv[1], port: 9 });
  socket.setTimeout(30_000, () => socket.destroy(new Error('no answer')));
  socket.on('error', ({ code, message }) => process.stdout.write(code ?? message));`;

const inCluster = ['--target', 'kubernetes', '--progress', 'none'] as const;

/** What containerd knows of an image: its name and its digest. */
function listing(reference: string): string {
  return `ctr --namespace k8s.io images ls name==${reference} | awk 'NR > 1 { print $1, $3 }'`;
}

async function listed({ cluster }: GuestLab, reference: string): Promise<string> {
  const address = `${cluster.node.folder}/own/run/containerd/containerd.sock`;
  return (await run('bash', ['-c', `export CONTAINERD_ADDRESS=${address}; ${listing(reference)}`])).stdout.trim();
}
