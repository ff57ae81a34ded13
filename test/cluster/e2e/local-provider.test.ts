// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { flannelTools } from '../helpers/flannel.ts';
import { BuiltImages } from './built-images.ts';
import { EndToEnd } from './end-to-end.ts';
import { type HostPicture, hostPicture, mountPoints, podMounts } from './host-picture.ts';
import { whyNoHugePages } from './huge-pages.ts';
import { testPodDeaths } from './pod-deaths.ts';
import { hugePageMiB, idlePod, l3fwdPod, workloadNamespace } from './pods.ts';
import { testRestarts } from './restarts.ts';

const { whyNoNode, multus } = inject('cluster');
const images = await BuiltImages.find();
const flannel = await flannelTools();
/** It measures nothing, but waits on pollers that want more CPUs than a small machine has: run where that is acceptable. */
const notAsked = process.env['VDPACTL_LAB_E2E'] === '1' ? null : 'it runs with VDPACTL_LAB_E2E=1';
const why =
  notAsked ??
  whyNoNode ??
  multus.missing ??
  ('missing' in flannel ? flannel.missing : null) ??
  (typeof images === 'string' ? images : await whyNoHugePages(hugePageMiB));
if (why !== null) process.stderr.write(`cluster: no test from end to end: ${why}\n`);

const devices = ['local0', 'local1'];
const workloads = ['l3fwd', 'second'];

/** Everything real: API server, scheduler, kubelet, containerd, Multus, the images as they are built, DPDK. */
describe.skipIf(why !== null)('l3fwd in pods, on a node of the local provider', { timeout: 600_000 }, () => {
  let lab: EndToEnd;
  let before: HostPicture;

  const pods = async () => {
    const path = 'jsonpath={range .items[*]}{.metadata.name} {end}';
    return (await lab.kubectl('-n', workloadNamespace, 'get', 'pods', '-o', path)).trim().split(' ').sort();
  };
  const podOf = async (workload: string) => (await pods()).find((pod) => pod.startsWith(workload)) ?? '';
  const attached = () =>
    mountPoints(lab.cluster.node)
      .filter((at) => at.startsWith('/run/vdpa/dev/'))
      .sort();

  beforeAll(async () => {
    if (typeof images === 'string' || 'missing' in flannel) return;
    lab = await EndToEnd.start(images, multus.programs, flannel.bin);
    // What the first pod of a node brings is the runtime's.
    const running = podMounts(lab.cluster.node);
    await lab.startPod(idlePod, 'default', 'idle');
    await lab.kubectl('delete', 'pod', 'idle', '--timeout=55s');
    await vi.waitFor(() => expect(podMounts(lab.cluster.node)).toBe(running), { timeout: 60_000, interval: 500 });
    before = hostPicture(lab.cluster.node);
  }, 1_200_000);

  afterAll(async () => {
    await lab?.stop();
    if (typeof images !== 'string') images.remove();
  });

  test('vdpactl deploys all of it, and is done when l3fwd has its interface', async () => {
    const document = await lab.json('deploy', '--provider', 'local', '--target', 'kubernetes', '--progress', 'none');
    expect(document).toMatchObject({ clusters: [{ state: 'deployed' }] });
    const path = String.raw`jsonpath={.status.allocatable.vdpactl\.io/vdpa}`;
    expect(await lab.kubectl('get', 'node', lab.cluster.node.name, '-o', path)).toBe('2');
    await lab.ready(`pod/${await podOf('l3fwd')}`, workloadNamespace);
  });

  test('a second pod gets the other device, without a privilege, and sees nothing but its own', async () => {
    await lab.startPod(l3fwdPod('second'), workloadNamespace, 'second');
    const seen = await Promise.all(
      workloads.map(async (workload) => {
        const pod = await podOf(workload);
        const attachments = JSON.parse(await lab.inWorkload(pod, 'cat', '/var/run/vdpa/attachments.json'));
        expect(await lab.inWorkload(pod, 'ls', '/var/run/vdpa')).toBe('attachments.json\neal.args\nnet1');
        expect(await lab.inWorkload(pod, 'ls', '/var/run/vdpa/net1')).toBe('vhost.sock');
        expect(await lab.inWorkload(pod, 'cat', '/var/run/vdpa/eal.args')).toContain(
          '--vdev=net_virtio_user0,path=/var/run/vdpa/net1/vhost.sock,server=1,',
        );
        const status = await lab.inWorkload(pod, 'cat', '/proc/1/status');
        expect(status).toMatch(/^CapBnd:\s+0+$/m);
        expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
        expect(status).toMatch(/^Uid:\s+65532\s/m);
        return attachments.attachments[0].device;
      }),
    );
    expect(seen.sort()).toEqual(devices);
    const path = String.raw`jsonpath={.metadata.annotations.k8s\.v1\.cni\.cncf\.io/network-status}`;
    const status = JSON.parse(await lab.kubectl('-n', workloadNamespace, 'get', 'pod', 'second', '-o', path));
    expect(status).toMatchObject([
      { name: 'cbr0', interface: 'eth0', default: true },
      { interface: 'net1', 'device-info': { type: 'vhost-user', 'vhost-user': { mode: 'server' } } },
    ]);
    // Flannel's network is the pods' own, as ever: this machine reaches the pod by it.
    const [address] = status[0].ips;
    expect(address.split('.').slice(0, 3)).toEqual(lab.podRange.split('.').slice(0, 3));
    expect(await answerOf(address)).toBe('ECONNREFUSED');
    for (const device of devices) await expect.poll(() => lab.backend(device).counters?.connected).toBe(true);
  });

  test('packets go from the wire through testpmd to l3fwd in both pods, and back', async () => {
    await lab.expectTraffic(devices);
    const metrics = await lab.metrics();
    for (const device of devices) {
      expect(metrics).toMatch(new RegExp(`^vdpactl_device_connected\\{.*device="${device}".*\\} 1$`, 'm'));
      expect(metrics).toMatch(
        new RegExp(
          `^vdpactl_device_received_packets_total\\{(?=.*device="${device}").*side="workload".*\\} [1-9]`,
          'm',
        ),
      );
    }
    expect(metrics).toMatch(/^vdpactl_attachments 2$/m);
  });

  test('vdpactl status shows who has what', async () => {
    const document = JSON.stringify(await lab.json('status', '--target', 'kubernetes'));
    for (const workload of workloads) expect(document).toContain(await podOf(workload));
    const { stdout } = await lab.vdpactl('status', '--target', 'kubernetes');
    expect(stdout).toContain('2 devices planned, 2 offered, 2 in use');
    // Asked of the agent through the API server.
    const { stdout: shown } = await lab.vdpactl('status', '--target', 'kubernetes', '--devices');
    for (const device of devices) expect(shown).toMatch(new RegExp(`^\\S+ +${device} +running +up +\\S`, 'm'));
  });

  testRestarts(() => lab, devices);

  test('testpmd is killed, twice: the workloads run on, and traffic comes back', async () => {
    const running = await lab.workloads();
    for (const restarts of [1, 2]) {
      for (const device of devices) await lab.killBackend(device);
      for (const device of devices) {
        const state = () => [lab.backend(device).restarts, lab.backend(device).counters?.connected];
        await expect.poll(state, { timeout: 90_000 }).toEqual([restarts, true]);
      }
      await lab.expectTraffic(devices);
    }
    expect(await lab.workloads()).toEqual(running);
  });

  test('the agent is killed under traffic: nothing stops', async () => {
    const running = await lab.workloads();
    const backends = devices.map((device) => lab.backend(device).pid);
    const mounts = attached();
    await lab.killPod('agent');
    expect(devices.map((device) => lab.backend(device).pid)).toEqual(backends);
    expect(attached()).toEqual(mounts);
    expect(await lab.workloads()).toEqual(running);
    const count = () => lab.backend('local0').counters?.workload?.rxPackets ?? 0;
    const then = count();
    await expect.poll(count, { timeout: 90_000 }).toBeGreaterThan(then);
  });

  test('agent and backends are killed together: the workloads run on, and traffic comes back', async () => {
    const running = await lab.workloads();
    await lab.killPod('agent', 'backend');
    for (const device of devices) {
      await expect.poll(() => lab.backend(device).counters?.connected, { timeout: 90_000 }).toBe(true);
    }
    await lab.expectTraffic(devices);
    expect(await lab.workloads()).toEqual(running);
  });

  test('a pod goes: nothing of it stays, and the next one gets its device', async () => {
    const { node } = lab.cluster;
    const whileThere = attached();
    await lab.kubectl('-n', workloadNamespace, 'delete', 'pod', 'second', '--timeout=55s');
    const records = () => readdirSync(node.path('/run/vdpa/attachments')).length;
    await expect.poll(records, { timeout: 60_000 }).toBe(1);
    expect(attached()).toHaveLength(whileThere.length - 1);
    await lab.startPod(l3fwdPod('third'), workloadNamespace, 'third');
    await expect.poll(() => lab.backend('local1').counters?.connected, { timeout: 90_000 }).toBe(true);
    await lab.expectTraffic(devices);
    await lab.kubectl('-n', workloadNamespace, 'delete', 'pod', 'third', '--timeout=55s');
    await lab.stopGenerator();
  });

  describe('a pod ends', () => testPodDeaths(() => lab));

  test('vdpactl destroy leaves the node as it was', async () => {
    const document = await lab.json('destroy', '--target', 'kubernetes', '--yes', '--progress', 'none');
    expect(document).toMatchObject({ clusters: [{ state: 'destroyed' }] });
    await expect.poll(() => hostPicture(lab.cluster.node), { timeout: 60_000, interval: 1_000 }).toEqual(before);
    expect(existsSync(lab.cluster.node.path('/run/vdpa'))).toBe(false);
    expect(await lab.kubectl('get', 'namespaces', '-o', 'name')).not.toContain('vdpactl');
  });
});

/** What connecting to a port says on which nothing listens. */
function answerOf(address: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 9, timeout: 5_000 });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('timeout', () => resolve('no answer')).on('connect', () => resolve('connected'));
  });
}
