// SPDX-License-Identifier: Apache-2.0
import { readFileSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { isAtLeast, supportedVersions } from '../../../dataplane/agent/cni/cni-version.ts';
import { labTools } from '../helpers/lab-tools.ts';
import { isBuilt } from '../helpers/node-image.ts';
import { BareNode } from './bare-node.ts';
import { Cnitool, netnsOf } from './cnitool.ts';

const { whyNoNode } = inject('cluster');
const tools = await labTools('cnitool', 'host-local', 'static', 'loopback', 'portmap');
const why = whyNoNode ?? ('missing' in tools ? tools.missing : isBuilt ? null : 'vdpactl is not built: npm run build');
if (why !== null) process.stderr.write(`cluster: no test of the CNI plugin by cnitool: ${why}\n`);

const pod = '0b8f7a52-5d4e-4a2b-9a8e-3f5c1d2e4b6a';
const other = '5c1d2e4b-6a0b-4f7a-925d-4e0a2b9a8e3f';
const ipams = {
  'host-local': { type: 'host-local', subnet: '10.56.0.0/24', routes: [{ dst: '10.57.0.0/16' }] },
  static: { type: 'static', addresses: [{ address: '10.56.0.2/24', gateway: '10.56.0.1' }] },
} as const;
const matrix = supportedVersions.flatMap((version) =>
  (['host-local', 'static'] as const).map((ipam) => ({ version, ipam, net: `vdpa-${version}-${ipam}` })),
);

/** The CNI project's own way of trying a plugin: its tool and library, its plugins before, in and after ours. */
describe.skipIf(why !== null)('vdpa and the agent, called by cnitool', () => {
  let node: BareNode;
  let cnitool: Cnitool;

  beforeAll(async () => {
    node = await BareNode.start(2);
    cnitool = new Cnitool(node, 'bin' in tools ? tools.bin : '');
    for (const { version, ipam, net } of matrix) {
      const vdpa = { type: 'vdpa', deviceID: 'local0', capabilities: { CNIDeviceInfoFile: true }, ipam: ipams[ipam] };
      // Such as look for the interface in the kernel, tuning and bandwidth, can never be behind one that is not there.
      const portmap = { type: 'portmap', capabilities: { portMappings: true } };
      cnitool.define({ cniVersion: version, name: net, plugins: [{ type: 'loopback' }, vdpa, portmap] });
    }
    await node.startAgent();
  });
  afterAll(() => node?.stop());

  beforeEach(async () => {
    for (const sandbox of ['one', 'two']) await node.ok('ip', 'netns', 'add', sandbox);
    for (const uid of [pod, other]) node.addPod(uid);
  });
  afterEach(async () => {
    const found = left();
    for (const sandbox of node.names('/run/netns')) await node.ok('ip', 'netns', 'del', sandbox);
    for (const uid of [pod, other]) node.removePod(uid);
    cnitool.forget();
    // Host-local goes on behind the address that it gave last.
    rmSync(node.path('/var/lib/cni/networks'), { recursive: true, force: true });
    expect(found).toEqual([]);
  });

  /** What there is of attachments on the node. */
  const left = () => [
    ...node.names('/run/vdpa/attachments').map((uid) => `record of ${uid}`),
    ...node.attachmentMounts(),
    ...node.names('/run/k8s.cni.cncf.io/devinfo/cni'),
    ...matrix.flatMap(({ net }) => node.names(`/var/lib/cni/networks/${net}`).filter((name) => name.startsWith('10.'))),
    ...[pod, other].flatMap((uid) => node.names(`/var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~empty-dir/vdpa`)),
  ];
  const done = { exitCode: 0, stdout: '', stderr: '' };

  describe.each(matrix)('$version with $ipam', ({ version, ipam, net }) => {
    test('ADD, CHECK and DEL, between two other plugins', async () => {
      const added = await cnitool.call('add', net, 'one', pod);
      expect(added).toMatchObject({ exitCode: 0, stderr: '' });
      const result = JSON.parse(added.stdout);
      expect(result).toMatchObject({
        cniVersion: version,
        interfaces: [
          { name: 'lo', sandbox: netnsOf('one') },
          { name: 'net1', sandbox: netnsOf('one'), mac: expect.stringMatching(/^02:/) },
        ],
        ips: expect.arrayContaining([expect.objectContaining({ address: '10.56.0.2/24', interface: 1 })]),
      });
      expect(JSON.stringify(result)).toContain(ipam === 'static' ? '"gateway":"10.56.0.1"' : '"dst":"10.57.0.0/16"');
      expect(readFileSync(node.path('/run/k8s.cni.cncf.io/devinfo/cni/one-net1.json'), 'utf8')).toContain('vhost-user');
      expect(node.attachmentMounts()).toEqual(['/run/vdpa/dev/local0']);
      const checked = await cnitool.call('check', net, 'one', pod);
      if (isAtLeast(version, '0.4.0')) expect(checked).toMatchObject(done);
      else expect(checked.stderr).toContain('does not support the CHECK command');
      for (let times = 0; times < 2; times++) {
        expect(await cnitool.call('del', net, 'one', pod)).toMatchObject(done);
        expect(left()).toEqual([]);
      }
    });

    test('DEL of a container whose name space is gone, and that the library has forgotten', async () => {
      expect(await cnitool.call('add', net, 'one', pod)).toMatchObject({ exitCode: 0 });
      await node.ok('ip', 'netns', 'del', 'one');
      cnitool.forget();
      expect(await cnitool.call('del', net, 'one', pod)).toMatchObject(done);
    });

    test('DEL before ADD, and of an earlier sandbox after ADD of the next', async () => {
      expect(await cnitool.call('del', net, 'one', pod)).toMatchObject(done);
      expect(await cnitool.call('add', net, 'one', pod)).toMatchObject({ exitCode: 0 });
      expect(await cnitool.call('add', net, 'two', pod)).toMatchObject({ exitCode: 0 });
      expect(await cnitool.call('del', net, 'one', pod)).toMatchObject(done);
      expect(node.attachmentMounts()).toEqual(['/run/vdpa/dev/local0']);
      if (isAtLeast(version, '0.4.0')) expect(await cnitool.call('check', net, 'two', pod)).toMatchObject(done);
      expect(await cnitool.call('del', net, 'two', pod)).toMatchObject(done);
    });

    test('a device that another pod has is refused, and nothing of the attempt stays', async () => {
      expect(await cnitool.call('add', net, 'one', pod)).toMatchObject({ exitCode: 0 });
      const before = left();
      const refused = await cnitool.call('add', net, 'two', other);
      expect(refused).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('device local0 is attached to pod default/of-'),
      });
      expect(left()).toEqual(before);
      expect(await cnitool.call('del', net, 'two', other)).toMatchObject(done);
      expect(left()).toEqual(before);
      expect(await cnitool.call('del', net, 'one', pod)).toMatchObject(done);
    });
  });

  test('CHECK finds that the mount is gone', async () => {
    const net = 'vdpa-1.1.0-host-local';
    expect(await cnitool.call('add', net, 'one', pod)).toMatchObject({ exitCode: 0 });
    await node.ok('umount', '/run/vdpa/dev/local0');
    const checked = await cnitool.call('check', net, 'one', pod);
    expect(checked).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('is not where device local0 looks') });
    expect(await cnitool.call('del', net, 'one', pod)).toMatchObject(done);
  });

  test.each(['host-local', 'static'])('GC with %s takes away what no DEL came for', async (ipam) => {
    const net = `vdpa-1.1.0-${ipam}`;
    expect(await cnitool.call('add', net, 'one', pod)).toMatchObject({ exitCode: 0 });
    // Else the library would make DELs of it.
    cnitool.forget();
    expect(await cnitool.callForAll('gc', net)).toMatchObject(done);
    expect(left()).toEqual([]);
    expect(await cnitool.callForAll('gc', net)).toMatchObject(done);
  });

  test('STATUS says that no backend runs, and nothing once one does', async () => {
    const net = 'vdpa-1.1.0-host-local';
    const none = await cnitool.callForAll('status', net);
    expect(none).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no backend of this node is running') });
    await node.startBackend('local0');
    await expect.poll(() => cnitool.callForAll('status', net), { timeout: 10_000 }).toMatchObject(done);
  });

  test('DEL while the agent is away is done, and the next agent takes away what the pod had', async () => {
    const net = 'vdpa-1.1.0-host-local';
    expect(await cnitool.call('add', net, 'one', pod)).toMatchObject({ exitCode: 0 });
    await node.killAgent();
    expect(await cnitool.call('del', net, 'one', pod)).toMatchObject(done);
    await node.startAgent();
    // Kubelet removes it a moment after the runtime is done.
    expect(node.attachmentMounts()).toEqual(['/run/vdpa/dev/local0']);
    node.removePod(pod);
    await expect.poll(left, { timeout: 2_000, interval: 20 }).toEqual([]);
    node.addPod(pod);
  });

  test('the agent is killed between ADD and DEL, and is not there for a while', async () => {
    const net = 'vdpa-1.1.0-host-local';
    expect(await cnitool.call('add', net, 'one', pod)).toMatchObject({ exitCode: 0 });
    await node.killAgent();
    const refused = await cnitool.call('add', net, 'two', other);
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('agent of this node cannot be reached'),
    });
    await node.startAgent();
    expect(await cnitool.call('check', net, 'one', pod)).toMatchObject(done);
    expect(await cnitool.call('del', net, 'one', pod)).toMatchObject(done);
  });
});
