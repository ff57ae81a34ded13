// SPDX-License-Identifier: Apache-2.0
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { CniError, cniCodes } from '../../../../dataplane/agent/cni/cni-error.ts';
import type { PodAttachments } from '../../../../dataplane/agent/pod/pod-attachments.ts';
import { podAttachmentsFileSchema, podVolume, recordFile } from '../../../../dataplane/contract/pod-paths.ts';
import { kernelSpec } from '../../../fixtures/backend-spec.ts';
import { scratch } from '../../../fixtures/scratch.ts';
import { tinyDisk } from '../../../fixtures/tiny-disk.ts';
import { askFor, codeOf, LabNode, leaseOf } from './lab-node.ts';

const { folder } = scratch();
let node: LabNode;
let agent: PodAttachments;

beforeEach(async () => {
  node = new LabNode(folder());
  for (const pod of ['pod-a', 'pod-b']) node.addPod(pod);
  agent = await node.open();
});

const inVolume = (pod: string, ...names: string[]) => join(podVolume(node.paths, pod), ...names);
const read = (path: string) => readFileSync(path, 'utf8');
const del = (pod: string, name = 'net1', sandbox = 1) =>
  agent.detach({ pod, container: `${pod}-${sandbox}`, interface: name }, leaseOf(`${pod}-${sandbox}`, name));
const reopen = async () => {
  agent = await node.open();
};
const held = () => agent.all().map((each) => `${each.attachment.device} ${each.pod.uid} ${each.attachment.interface}`);

describe('attach', () => {
  it('gives the pod its folder, its arguments and its attachments, with paths as the container has them', async () => {
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    expect(read(inVolume('pod-a', 'eal.args')).split('\n')[0]).toBe(
      '--vdev=net_virtio_user0,path=/var/run/vdpa/net1/vhost.sock,server=1,mac=02:00:00:00:00:01,queues=1,queue_size=256',
    );
    const file = podAttachmentsFileSchema.parse(JSON.parse(read(inVolume('pod-a', 'attachments.json'))));
    expect(file.attachments).toEqual([
      {
        device: 'local0',
        interface: 'net1',
        mac: '02:00:00:00:00:01',
        queues: 1,
        queueSize: 256,
        ips: ['10.1.1.2/24'],
        'device-info': {
          type: 'vhost-user',
          version: '1.1.0',
          'vhost-user': { mode: 'server', path: '/var/run/vdpa/net1/vhost.sock' },
        },
      },
    ]);
    expect(statSync(inVolume('pod-a', 'eal.args')).mode & 0o777).toBe(0o644);
    expect(statSync(recordFile(node.dir, 'pod-a', 'net1')).mode & 0o777).toBe(0o600);
    expect(statSync(node.dir.attachments).mode & 0o777).toBe(0o700);
  });

  it('writes the device information that Multus reads, over what the device plugin said', async () => {
    const request = askFor(node, 'pod-a', 'local0');
    const file = request.deviceInfoFile ?? '';
    writeFileSync(file, '{"type":"pci"}');
    await agent.attach(request);
    expect(JSON.parse(read(file))).toMatchObject({ type: 'vhost-user', 'vhost-user': { mode: 'server' } });
    expect(statSync(file).mode & 0o777).toBe(0o444);
    await del('pod-a');
    expect(existsSync(file)).toBe(false);
  });

  it('of a device of the kernel makes no folder and mounts nothing', async () => {
    const spec = kernelSpec('0000:65:00.2', { path: '/dev/vhost-vdpa-3', vdpa: 'vdpa7' });
    await agent.attach(askFor(node, 'pod-a', '0000:65:00.2', { spec, mac: null }));
    expect(readdirSync(inVolume('pod-a')).sort()).toEqual(['attachments.json', 'eal.args']);
    expect(read(inVolume('pod-a', 'eal.args'))).toMatch(/^--vdev=net_virtio_user0,path=\/dev\/vhost-vdpa-3,queues=1,/);
    expect(node.mounts.attached()).toEqual([]);
    await del('pod-a');
    expect(node.traces()).toEqual([]);
    expect(node.owners.get('/dev/vhost-vdpa-3')).toEqual({ group: 0, mode: 0o600 });
  });

  it('lets the group of the pod open its character device, and nobody else', async () => {
    chownSync(inVolume('pod-a'), 0, 65532);
    const spec = kernelSpec('0000:65:00.2', { path: '/dev/vhost-vdpa-3' });
    await agent.attach(askFor(node, 'pod-a', '0000:65:00.2', { spec, mac: null }));
    expect(node.owners.get('/dev/vhost-vdpa-3')).toEqual({ group: 65532, mode: 0o660 });
  });

  it('of two devices lists both by the names of their interfaces, and forgets only the one that goes', async () => {
    await agent.attach(askFor(node, 'pod-a', 'local1', { interface: 'net2' }));
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    expect(read(inVolume('pod-a', 'eal.args'))).toMatch(/user0,path=[^,]*net1\/.*\n.*user1,path=[^,]*net2\//);
    await del('pod-a');
    expect(read(inVolume('pod-a', 'eal.args'))).toMatch(/user0,path=[^,]*net2\//);
    expect(held()).toEqual(['local1 pod-a net2']);
  });

  it('asked for the same again answers the same, and asks for no other address', async () => {
    const first = await agent.attach(askFor(node, 'pod-a', 'local0'));
    expect(await agent.attach(askFor(node, 'pod-a', 'local0'))).toEqual(first);
    expect(await codeOf(agent.attach(askFor(node, 'pod-a', 'local1')))).toBe(cniCodes.interfaceTaken);
    expect(held()).toEqual(['local0 pod-a net1']);
  });

  it('for a new sandbox of the pod replaces that of the old, whose late DEL does no harm', async () => {
    await agent.attach(askFor(node, 'pod-a', 'local0', { sandbox: 1 }));
    await agent.attach(askFor(node, 'pod-a', 'local0', { sandbox: 2 }));
    await del('pod-a', 'net1', 1);
    expect(held()).toEqual(['local0 pod-a net1']);
    expect([...node.leases.held]).toEqual(['pod-a-2/net1']);
    await del('pod-a', 'net1', 2);
    expect(node.traces()).toEqual([]);
  });

  it('refuses a device that another pod has, and names that pod', async () => {
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    const refused = agent.attach(askFor(node, 'pod-b', 'local0'));
    await expect(refused).rejects.toThrow('device local0 is attached to pod default/name-of-pod-a');
    expect(await codeOf(agent.attach(askFor(node, 'pod-b', 'local0')))).toBe(cniCodes.deviceTaken);
  });

  it('of two pods that race for a device gives it to one', async () => {
    const codes = await Promise.all(['pod-a', 'pod-b'].map((pod) => codeOf(agent.attach(askFor(node, pod, 'local0')))));
    expect(codes).toEqual([null, cniCodes.deviceTaken]);
  });

  it('takes a device from a pod that is gone without a DEL', async () => {
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    node.removePod('pod-a');
    await agent.attach(askFor(node, 'pod-b', 'local0'));
    expect(held()).toEqual(['local0 pod-b net1']);
  });

  it('says what to add to the manifest of a pod without the volume', async () => {
    rmSync(podVolume(node.paths, 'pod-a'), { recursive: true });
    const error = await agent.attach(askFor(node, 'pod-a', 'local0')).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CniError);
    expect(error).toMatchObject({
      code: cniCodes.noVolume,
      message: 'pod default/name-of-pod-a has no emptyDir volume named vdpa',
      details: expect.stringContaining('volumes: [{name: vdpa, emptyDir: {}}]'),
    });
    expect(node.traces()).toEqual([]);
  });

  it.each([
    [0o2770, 0o770],
    [0o777, 0o777],
    [0o755, 0o770],
  ])('lets in who may write to the volume: of mode %o makes a folder of %o', async (volume, expected) => {
    chmodSync(inVolume('pod-a'), volume);
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    expect(statSync(inVolume('pod-a', 'net1')).mode & 0o777).toBe(expected);
  });
});

describe('detach', () => {
  it.each([
    ['twice', async () => void (await del('pod-a'))],
    ['after the volume is gone', async () => rmSync(podVolume(node.paths, 'pod-a'), { recursive: true })],
    ['after the pod is gone', async () => node.removePod('pod-a')],
    ['after the agent was started again', reopen],
  ])('%s leaves nothing', async (_when, before) => {
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    await before();
    await del('pod-a');
    expect(node.traces()).toEqual([]);
  });

  it('finds the pod by its container where the runtime names none', async () => {
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    await agent.detach({ pod: null, container: 'pod-a-1', interface: 'net1' }, null);
    expect(node.traces()).toEqual([]);
  });

  it('of what never was gives addresses back all the same', async () => {
    node.leases.held.add('pod-a-1/net1');
    await del('pod-a');
    expect(node.traces()).toEqual([]);
  });

  it('frees the device though its addresses are not taken back, and gives them back later', async () => {
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    const giveBack = node.leases.del.bind(node.leases);
    node.leases.del = () => Promise.reject(new CniError(cniCodes.ipamFailed, 'no'));
    expect(await codeOf(del('pod-a'))).toBe(cniCodes.ipamFailed);
    await agent.attach(askFor(node, 'pod-b', 'local0', { withIpam: false }));
    agent = await node.open();
    expect(await codeOf(del('pod-a'))).toBe(cniCodes.ipamFailed);
    node.leases.del = giveBack;
    await del('pod-a');
    // The device that pod-b has by now was not touched.
    expect(node.mounts.attached()).toEqual(['local0']);
    expect([...node.leases.held]).toEqual([]);
    expect(existsSync(recordFile(node.dir, 'pod-a', 'net1'))).toBe(false);
  });

  it('works from the container where the record is damaged, and frees its device only then', async () => {
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    writeFileSync(recordFile(node.dir, 'pod-a', 'net1'), '{"half');
    agent = await node.open();
    expect(held()).toEqual(['local0 pod-a net1']);
    expect(await codeOf(agent.attach(askFor(node, 'pod-b', 'local0')))).toBe(cniCodes.deviceTaken);
    await del('pod-a');
    expect(node.traces()).toEqual([join(node.paths.deviceInfo, 'pod-a-net1.json')]);
  });

  it('takes a damaged record away of which nothing is mounted', async () => {
    mkdirSync(join(node.dir.attachments, 'pod-a'), { recursive: true });
    writeFileSync(recordFile(node.dir, 'pod-a', 'net1'), '');
    agent = await node.open();
    expect(node.traces()).toEqual([]);
  });
});

describe('a file system', () => {
  const disk = tinyDisk(96 * 1024);
  afterAll(() => disk?.remove());

  it.runIf(disk !== null)(
    'that is full fails an attach and no detach, and one that is read-only is named',
    async () => {
      if (disk === null) return;
      node = new LabNode(join(disk.folder, 'node'));
      node.addPod('pod-a');
      node.addPod('pod-b');
      agent = await node.open();
      await agent.attach(askFor(node, 'pod-a', 'local0'));
      const fill = join(disk.folder, 'fill');
      for (let size = 64 * 1024; size >= 1; size = Math.floor(size / 2)) {
        try {
          appendFileSync(fill, 'x'.repeat(size));
        } catch {
          // Full for this much.
        }
      }
      const full = await agent.attach(askFor(node, 'pod-b', 'local1')).catch((thrown: unknown) => thrown);
      expect(full).toMatchObject({ code: cniCodes.io, message: 'there is no room left on the device' });
      await del('pod-a');
      expect(node.traces()).toEqual([]);
      rmSync(fill);
      await agent.attach(askFor(node, 'pod-a', 'local0'));
      disk.makeReadOnly();
      expect(await codeOf(agent.attach(askFor(node, 'pod-b', 'local1')))).toBe(cniCodes.io);
      expect(await codeOf(del('pod-a'))).toBe(cniCodes.io);
    },
  );
});

describe('the rest', () => {
  it('holds no file open, whatever was done', async () => {
    const open = () => readdirSync('/proc/self/fd').length;
    const before = open();
    for (let round = 0; round < 200; round += 1) {
      node.faults.arm(round % 2 === 0 ? null : { at: round % 60, how: 'fail' });
      await agent.attach(askFor(node, 'pod-a', 'local0')).catch(() => null);
      await agent.attach(askFor(node, 'pod-b', 'local0')).catch(() => null);
      await agent.verify({ pod: 'pod-a', container: 'pod-a-1', interface: 'net1' }).catch(() => null);
      node.faults.arm(null);
      await del('pod-a');
      await del('pod-b');
    }
    expect(open()).toBe(before);
    expect(node.traces()).toEqual([]);
  });

  it('collects what a network has that is not valid, and nothing of another', async () => {
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    await agent.attach(askFor(node, 'pod-a', 'local1', { interface: 'net2' }));
    await agent.attach(askFor(node, 'pod-b', 'local2', { network: 'other' }));
    await agent.collect('vdpa-net', ({ attachment }) => attachment.interface === 'net2');
    expect(held().sort()).toEqual(['local1 pod-a net2', 'local2 pod-b net1']);
  });

  it('sweeps what pods had that are gone, unless none can be seen at all', async () => {
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    await agent.attach(askFor(node, 'pod-b', 'local1'));
    node.removePod('pod-a');
    await agent.sweep();
    expect(held()).toEqual(['local1 pod-b net1']);
    rmSync(node.paths.pods, { recursive: true });
    await agent.sweep();
    expect(held()).toEqual(['local1 pod-b net1']);
  });

  it('sweeps what a pod had that is there and has no volume any more, as after an eviction', async () => {
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    rmSync(podVolume(node.paths, 'pod-a'), { recursive: true });
    await agent.sweep();
    expect(node.traces()).toEqual([]);
  });

  it('puts a mount back that is missing after a start', async () => {
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    node.mounts.onTop.clear();
    agent = await node.open();
    expect(node.mounts.attached()).toEqual(['local0']);
  });

  it('takes off at the start what no record knows of', async () => {
    node.mounts.onTop.set('local7', 1);
    await node.open();
    expect(node.mounts.attached()).toEqual([]);
  });

  it('says of an interface what is wrong with it', async () => {
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    const who = { pod: 'pod-a', container: 'pod-a-1', interface: 'net1' };
    expect((await agent.verify(who)).attachment.device).toBe('local0');
    expect(await codeOf(agent.verify({ ...who, container: 'x' }))).toBe(cniCodes.unknownContainer);
    node.mounts.onTop.set('local0', 1);
    expect(await codeOf(agent.verify(who))).toBe(cniCodes.notAsAttached);
  });

  it('removes the mount of a device only while no pod has it', async () => {
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    expect(await agent.removeDevice('local0')).toBe(false);
    await del('pod-a');
    expect(await agent.removeDevice('local0')).toBe(true);
    expect([...node.mounts.bases]).toEqual([]);
  });
});
