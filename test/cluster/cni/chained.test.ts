// SPDX-License-Identifier: Apache-2.0
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { labTools } from '../helpers/lab-tools.ts';
import { isBuilt } from '../helpers/node-image.ts';
import { BareNode } from './bare-node.ts';
import { Cnitool, netnsOf } from './cnitool.ts';

const { whyNoNode } = inject('cluster');
const tools = await labTools('cnitool', 'static', 'bandwidth', 'sbr', 'tuning');
const why = whyNoNode ?? ('missing' in tools ? tools.missing : isBuilt ? null : 'vdpactl is not built: npm run build');
if (why !== null) process.stderr.write(`cluster: no test of plugins behind ours: ${why}\n`);

const pod = '0b8f7a52-5d4e-4a2b-9a8e-3f5c1d2e4b6a';
const vdpa = {
  type: 'vdpa',
  deviceID: 'local0',
  ipam: { type: 'static', addresses: [{ address: '10.56.0.2/24', gateway: '10.56.0.1' }] },
};

/** What docs/cni.md says of plugins behind ours that look for a kernel interface: there is none. */
describe.skipIf(why !== null)('the CNI project’s plugins behind vdpa', () => {
  let node: BareNode;
  let cnitool: Cnitool;

  beforeAll(async () => {
    node = await BareNode.start(1);
    cnitool = new Cnitool(node, 'bin' in tools ? tools.bin : '');
    await node.startAgent();
  });
  afterAll(() => node?.stop());

  beforeEach(async () => {
    await node.ok('ip', 'netns', 'add', 'one');
    node.addPod(pod);
  });
  afterEach(async () => {
    await node.ok('ip', 'netns', 'del', 'one');
    node.removePod(pod);
    cnitool.forget();
  });

  const left = () => [...node.names('/run/vdpa/attachments'), ...node.attachmentMounts()];

  test.each<[string, object]>([
    ['bandwidth without a limit', { type: 'bandwidth', capabilities: { bandwidth: true } }],
    ['tuning without a setting', { type: 'tuning' }],
  ])('%s hand our result on', async (_what, plugin) => {
    cnitool.define({ cniVersion: '1.0.0', name: 'passes', plugins: [vdpa, plugin] });
    const added = await cnitool.call('add', 'passes', 'one', pod);
    expect(added).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(added.stdout)).toMatchObject({
      interfaces: [{ name: 'net1', sandbox: netnsOf('one') }],
      ips: [{ address: '10.56.0.2/24', interface: 0 }],
    });
    expect(await cnitool.call('del', 'passes', 'one', pod)).toMatchObject({ exitCode: 0 });
    expect(left()).toEqual([]);
  });

  test.each<[string, object, RegExp]>([
    [
      'bandwidth with a limit',
      { type: 'bandwidth', ingressRate: 1_000_000, ingressBurst: 1_000_000 },
      /container interface net1 has no veth peer: .*Link not found/,
    ],
    ['sbr', { type: 'sbr' }, /Cannot find network interface net1: Link not found/],
    ['tuning of the interface', { type: 'tuning', mtu: 1400 }, /failed to get "net1": Link not found/],
  ])('%s fail the pod, which says why, and DEL leaves nothing', async (_what, plugin, message) => {
    cnitool.define({ cniVersion: '1.0.0', name: 'fails', plugins: [vdpa, plugin] });
    const added = await cnitool.call('add', 'fails', 'one', pod);
    expect(added.exitCode).toBe(1);
    expect(added.stderr).toMatch(message);
    expect(await cnitool.call('del', 'fails', 'one', pod)).toMatchObject({ exitCode: 0 });
    expect(left()).toEqual([]);
  });
});
