// SPDX-License-Identifier: Apache-2.0
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cniCodes } from '../../../../dataplane/agent/cni/cni-error.ts';
import { KernelMounts } from '../../../../dataplane/agent/pod/device-mounts.ts';
import { nodeFiles, openFolder } from '../../../../dataplane/agent/pod/files.ts';
import { MountHelper, mountHelper } from '../../../../dataplane/agent/pod/mount-helper.ts';
import { mountPrograms } from '../../../../dataplane/agent/pod/mount-programs.ts';
import type { Mounter } from '../../../../dataplane/agent/pod/mounter.ts';
import { PodAttachments } from '../../../../dataplane/agent/pod/pod-attachments.ts';
import { runDir } from '../../../../dataplane/contract/run-dir.ts';
import { start } from '../../../../src/process/start.ts';
import { askFor, LabNode } from './lab-node.ts';
import { builtHelper, type MountPlace, mountPlace } from './real-mounts.ts';

const canMount = (() => {
  const place = mountPlace();
  place?.remove();
  return place !== null;
})();

describe.runIf(canMount).each(['vdpa-mount', 'mount(8)'])('mounts by %s', (how) => {
  let place: MountPlace;
  let mounter: Mounter;

  beforeEach(async () => {
    const made = mountPlace();
    if (made === null) throw new Error('cannot mount');
    place = made;
    mounter = how === 'mount(8)' ? mountPrograms() : ((await builtHelper(place.folder)) ?? mountPrograms());
  });
  afterEach(() => {
    mounter.stop();
    place.remove();
  });

  const openMounts = (node: LabNode) => new KernelMounts(node.dir, nodeFiles, mounter);
  const openAgent = (node: LabNode, mounts = openMounts(node)) =>
    PodAttachments.open({ dir: node.dir, paths: node.paths, mounts, ipam: node.leases });

  it('show the backend what the pod puts into its folder, and nothing any more after a detach', async () => {
    const node = new LabNode(place.folder);
    const volume = node.addPod('pod-a');
    const agent = await openAgent(node);
    await agent.prepareDevice('0000:03:00.0');
    const seen = join(node.dir.devices, '0000:03:00.0');
    await agent.attach(askFor(node, 'pod-a', '0000:03:00.0'));
    writeFileSync(join(volume, 'net1', 'vhost.sock'), 'hello');
    expect(readFileSync(join(seen, 'vhost.sock'), 'utf8')).toBe('hello');
    await agent.detach({ pod: 'pod-a', container: 'pod-a-1', interface: 'net1' }, null);
    expect(readdirSync(seen)).toEqual([]);
    expect(place.mounts()).toEqual([seen]);
    expect(await agent.removeDevice('0000:03:00.0')).toBe(true);
    expect(place.mounts()).toEqual([]);
  });

  it('are found again by the next agent, which takes them off as the one before would have', async () => {
    const node = new LabNode(place.folder);
    node.addPod('pod-a');
    await (await openAgent(node)).attach(askFor(node, 'pod-a', 'local0'));
    const before = place.mounts();
    const mounts = openMounts(node);
    const agent = await openAgent(node, mounts);
    expect(place.mounts()).toEqual(before);
    expect(mounts.attached()).toEqual(['local0']);
    await agent.verify({ pod: 'pod-a', container: 'pod-a-1', interface: 'net1' });
    node.removePod('pod-a');
    await agent.sweep();
    expect(place.mounts()).toEqual([join(node.dir.devices, 'local0')]);
  });

  it('are found again below a folder that is a link, as /var/run is', async () => {
    mkdirSync(join(place.folder, 'real'));
    symlinkSync(join(place.folder, 'real'), join(place.folder, 'link'));
    const node = new LabNode(join(place.folder, 'link'));
    node.addPod('pod-a');
    await (await openAgent(node)).attach(askFor(node, 'pod-a', 'local0'));
    expect(openMounts(node).attached()).toEqual(['local0']);
  });

  it('show the folder that was opened, though the pod put a link in its place', async () => {
    const dir = runDir(join(place.folder, 'run'));
    const mounts = new KernelMounts(dir, nodeFiles, mounter);
    for (const name of ['run', 'ours', 'secret']) mkdirSync(join(place.folder, name));
    writeFileSync(join(place.folder, 'secret', 'key'), '');
    const fd = openFolder(nodeFiles, join(place.folder, 'ours'));
    renameSync(join(place.folder, 'ours'), join(place.folder, 'moved'));
    symlinkSync(join(place.folder, 'secret'), join(place.folder, 'ours'));
    await mounts.attach('local0', fd);
    nodeFiles.closeSync(fd);
    expect(readdirSync(join(dir.devices, 'local0'))).toEqual([]);
    await mounts.remove('local0');
  });

  it('reach a backend that holds the mount of its device as a slave, in both directions', async () => {
    const node = new LabNode(place.folder);
    const volume = node.addPod('pod-a');
    const agent = await openAgent(node);
    await agent.prepareDevice('local0');
    const seen = join(node.dir.devices, 'local0');
    const backend = start(
      'unshare',
      ['-m', '--propagation', 'slave', 'sh', '-c', `while read x; do ls ${seen}; echo .; done`],
      {
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
        stdin: 'pipe',
        stdout: 'pipe',
      },
    );
    const look = () =>
      new Promise<string>((resolve) => {
        let text = '';
        const take = (chunk: Buffer) => {
          text += chunk.toString();
          if (!text.endsWith('.\n')) return;
          backend.stdout?.off('data', take);
          resolve(text);
        };
        backend.stdout?.on('data', take);
        backend.stdin?.write('x\n');
      });
    expect(await look()).toBe('.\n');
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    writeFileSync(join(volume, 'net1', 'vhost.sock'), '');
    expect(await look()).toBe('vhost.sock\n.\n');
    await agent.detach({ pod: 'pod-a', container: 'pod-a-1', interface: 'net1' }, null);
    expect(await look()).toBe('.\n');
    backend.stdin?.end();
    await backend.ended;
  });

  it('that cannot be made fail an ADD with the reason, and all is undone', async () => {
    const node = new LabNode(place.folder);
    node.addPod('pod-a');
    const agent = await openAgent(node);
    mkdirSync(node.dir.devices, { recursive: true });
    writeFileSync(join(node.dir.devices, 'local0'), '');
    const failed = await agent.attach(askFor(node, 'pod-a', 'local0')).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: cniCodes.notMounted,
      details: expect.stringMatching(/ENOTDIR|not a directory/i),
    });
    expect(agent.holderOf('local0')).toBeNull();
    expect(node.leases.held.size).toBe(0);
    rmSync(join(node.dir.devices, 'local0'));
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    await agent.detach({ pod: 'pod-a', container: 'pod-a-1', interface: 'net1' }, null);
  });

  it('fail with the reason', async () => {
    await expect(mounter.bind('/proc/self/nothing', join(place.folder, 'x'))).rejects.toThrow(/ENOENT|not|no such/i);
    await expect(mounter.unmount(place.folder.concat('/none'))).rejects.toThrow(/ENOENT|no mount|not/i);
  });

  it.runIf(how === 'vdpa-mount')('let no link lead out of what a pod wrote', async () => {
    if (!(mounter instanceof MountHelper)) return;
    const node = new LabNode(place.folder);
    const volume = node.addPod('pod-a');
    const agent = await openAgent(node);
    await agent.attach(askFor(node, 'pod-a', 'local0'));
    symlinkSync('/etc/passwd', join(volume, 'net1', 'vhost.sock'));
    const link = join(node.dir.devices, 'local0', 'vhost.sock');
    expect(() => readFileSync(link)).toThrow(/ELOOP/);
    expect(existsSync(join(volume, 'net1', 'vhost.sock'))).toBe(true);
  });

  it.runIf(how === 'vdpa-mount')('go on by a new helper after one that was killed', async () => {
    if (!(mounter instanceof MountHelper)) return;
    const target = join(place.folder, 'x');
    mkdirSync(target);
    await mounter.tmpfs(target);
    mounter.stop();
    await mounter.unmount(target);
    expect(place.mounts()).toEqual([]);
  });
});

describe('the helper', () => {
  it('is none where its program is missing or is another', async () => {
    expect(await mountHelper('/nowhere/vdpa-mount')).toBeNull();
    expect(await mountHelper('false')).toBeNull();
  });

  it('refuses paths that would be two words or lines, and says when its program cannot be started', async () => {
    const helper = new MountHelper('/nowhere/vdpa-mount');
    await expect(helper.bind('/a\tb', '/c')).rejects.toThrow('control character');
    await expect(helper.unmount('/c\n')).rejects.toThrow('control character');
    await expect(helper.unmount('/c')).rejects.toThrow(/ENOENT/);
  });
});
