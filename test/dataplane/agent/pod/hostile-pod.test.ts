// SPDX-License-Identifier: Apache-2.0
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import { cniCodes } from '../../../../dataplane/agent/cni/cni-error.ts';
import { nodeFiles } from '../../../../dataplane/agent/pod/files.ts';
import { PodAttachments } from '../../../../dataplane/agent/pod/pod-attachments.ts';
import { scratch } from '../../../fixtures/scratch.ts';
import { askFor, LabNode } from './lab-node.ts';

const { folder } = scratch();
let node: LabNode;
let agent: PodAttachments;
let outside: string;
let volume: string;

beforeEach(async () => {
  node = new LabNode(folder());
  volume = node.addPod('pod-a');
  agent = await node.open();
  outside = join(folder(), 'outside');
  mkdirSync(join(outside, 'folder'), { recursive: true, mode: 0o700 });
  writeFileSync(join(outside, 'file'), 'precious', { mode: 0o600 });
  writeFileSync(join(outside, 'folder', 'vhost.sock'), 'precious');
});

const names = ['net1', 'eal.args', 'attachments.json', '.eal.args.tmp', '.attachments.json.tmp', 'net1/vhost.sock'];
const plants = {
  'a link to a file': (path: string) => symlinkSync(join(outside, 'file'), path),
  'a link to a folder': (path: string) => symlinkSync(join(outside, 'folder'), path),
  'a link to nothing': (path: string) => symlinkSync(join(outside, 'new'), path),
  'a hard link': (path: string) => linkSync(join(outside, 'file'), path),
  'a folder with links': (path: string) => {
    mkdirSync(join(path, 'deep'), { recursive: true });
    symlinkSync(join(outside, 'folder'), join(path, 'deep', 'link'));
  },
  'a link to itself': (path: string) => symlinkSync(path, path),
} as const;

/** What is outside, in full: neither content nor modes may ever change. */
function fingerprint(): unknown {
  const all = readdirSync(outside, { recursive: true, encoding: 'utf8' }).sort();
  return all.map((name) => {
    const { mode, uid, gid, size } = lstatSync(join(outside, name));
    return { name, mode, uid, gid, size };
  });
}

function plant(name: string, kind: keyof typeof plants): void {
  const path = join(volume, name);
  try {
    // In a container a link that leads to the host leads nowhere.
    if (name.includes('/') && lstatSync(join(volume, 'net1'), { throwIfNoEntry: false })?.isSymbolicLink()) return;
    if (name.includes('/')) mkdirSync(join(volume, 'net1'), { recursive: true });
    rmSync(path, { recursive: true, force: true });
    plants[kind](path);
  } catch {
    // The place is taken by what was planted before.
  }
}

const planted = fc.record({
  name: fc.constantFrom(...names),
  kind: fc.constantFrom(...(Object.keys(plants) as (keyof typeof plants)[])),
});

it('whatever a pod plants in its volume, before and between, nothing outside is touched', async () => {
  const before = fingerprint();
  await fc.assert(
    fc.asyncProperty(
      fc.array(planted, { maxLength: 4 }),
      fc.array(planted, { maxLength: 4 }),
      async (first, second) => {
        for (const { name, kind } of first) plant(name, kind);
        await agent.attach(askFor(node, 'pod-a', 'local0'));
        expect(lstatSync(join(volume, 'net1')).isDirectory()).toBe(true);
        expect(readFileSync(join(volume, 'eal.args'), 'utf8')).toContain('--vdev=net_virtio_user0');
        for (const { name, kind } of second) plant(name, kind);
        await agent.detach({ pod: 'pod-a', container: 'pod-a-1', interface: 'net1' }, null);
        expect(agent.all()).toEqual([]);
        expect(node.mounts.attached()).toEqual([]);
        expect(fingerprint()).toEqual(before);
        expect(node.traces()).toEqual([]);
      },
    ),
    { numRuns: 200 },
  );
});

it.each<[string, (path: string) => string | null]>([
  ['its folder', (path) => (path.endsWith('/net1') ? join(volume, 'net1') : null)],
  ['its arguments', (path) => (path.endsWith('/.eal.args.tmp') ? join(volume, 'eal.args', 'in-the-way') : null)],
])(
  'a pod that puts something in the way of %s whenever it was removed fails its own ADD alone',
  async (_what, where) => {
    // At the very call by which the agent makes it: no pod can be faster.
    const racing = <Call extends 'mkdirSync' | 'openSync'>(name: Call) =>
      ((...args: Parameters<(typeof nodeFiles)[Call]>) => {
        const at = where(String(args[0]));
        if (at !== null) mkdirSync(at, { recursive: true });
        return Reflect.apply(nodeFiles[name], nodeFiles, args);
      }) as (typeof nodeFiles)[Call];
    const files = { ...nodeFiles, mkdirSync: racing('mkdirSync'), openSync: racing('openSync') };
    const { dir, paths, mounts, leases: ipam } = node;
    const raced = await PodAttachments.open({ dir, paths, mounts, ipam, files });
    const failed = await raced.attach(askFor(node, 'pod-a', 'local0')).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: cniCodes.volumeUnusable });
    expect(raced.holderOf('local0')).toBeNull();
    expect(mounts.attached()).toEqual([]);
    expect(ipam.held.size).toBe(0);
    node.addPod('pod-b');
    await agent.attach(askFor(node, 'pod-b', 'local0'));
  },
);

it('a volume that is a link itself is none', async () => {
  rmSync(volume, { recursive: true });
  symlinkSync(join(outside, 'folder'), volume);
  await expect(agent.attach(askFor(node, 'pod-a', 'local0'))).rejects.toThrow('no emptyDir volume');
  expect(readdirSync(join(outside, 'folder'))).toEqual(['vhost.sock']);
});

it('more than can be removed stays for kubelet, and the device is free all the same', async () => {
  await agent.attach(askFor(node, 'pod-a', 'local0'));
  mkdirSync(join(volume, 'net1', ...Array.from({ length: 40 }, () => 'd')), { recursive: true });
  await agent.detach({ pod: 'pod-a', container: 'pod-a-1', interface: 'net1' }, null);
  expect(agent.holderOf('local0')).toBeNull();
  expect(existsSync(join(volume, 'net1'))).toBe(true);
  expect(statSync(join(outside, 'file')).size).toBe(8);
});
