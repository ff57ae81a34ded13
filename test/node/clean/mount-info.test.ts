// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type Mount, parseMountInfo, sourceOf } from '../../../src/node/clean/mount-info.ts';
import { whyAttached } from '../../../src/node/clean/mount-users.ts';

test('reads the kernel’s lines', () => {
  const text = `22 28 0:21 / /sys rw,nosuid shared:7 - sysfs sysfs rw
99 28 8:1 /var/lib/kubelet/pods/x//deleted /run/vdpa/dev/a\\040b rw shared:1 - ext4 /dev/sda1 rw
broken line
`;
  expect(parseMountInfo(text)).toEqual([
    { device: '0:21', root: '/', point: '/sys' },
    { device: '8:1', root: '/var/lib/kubelet/pods/x//deleted', point: '/run/vdpa/dev/a b' },
  ]);
});

test('reads anything', () => {
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(parseMountInfo(text))));
});

describe('sourceOf', () => {
  const mounts: Mount[] = [
    { device: '8:1', root: '/', point: '/' },
    { device: '0:5', root: '/', point: '/run' },
    { device: '8:2', root: '/images/run', point: '/host/run' },
  ];
  it.each([
    ['/etc/cni', { device: '8:1', root: '/etc/cni' }],
    ['/run/vdpa', { device: '0:5', root: '/vdpa' }],
    ['/run', { device: '0:5', root: '/' }],
    ['/running', { device: '8:1', root: '/running' }],
    ['/host/run/vdpa', { device: '8:2', root: '/images/run/vdpa' }],
  ])('%s', (path, source) => expect(sourceOf(path, mounts)).toEqual(source));

  it('takes the later of two at one place', () => {
    expect(sourceOf('/run/x', [...mounts, { device: '0:6', root: '/a', point: '/run' }])).toEqual({
      device: '0:6',
      root: '/a/x',
    });
    expect(sourceOf('/x', [])).toBeNull();
  });
});

describe('whyAttached', () => {
  const uid = '5b1c2a7e-8d0f-4c3b-9e6a-0f1d2c3b4a59';
  const volume = `/var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~empty-dir/vdpa/net1`;
  const mount = (root: string): Mount => ({ device: '0:50', root, point: '/run/vdpa/dev/0000:65:00.2' });
  const container = (root: string, point: string, device = '0:50'): Mount => ({ device, root, point });

  it.each<[string, string, Mount[], RegExp | null]>([
    ['a volume on a disk', volume, [], new RegExp(uid)],
    ['one that is gone', `${volume}//deleted`, [container('/', '/var/run/vdpa')], null],
    ['one in memory that a container has', '/net1', [container('/', '/var/run/vdpa')], /a container/],
    ['the same, where /var/run is a link', '/net1', [container('/', '/run/vdpa')], /a container/],
    ['one in memory that no container has', '/net1', [], null],
    ['seen by one that sees the whole host', '/net1', [container('/', '/hostroot/var/lib/kubelet/x')], null],
    ['another file system at that place', '/net1', [container('/', '/run/vdpa', '0:51')], null],
    ['another folder of it', '/net1', [container('/net10', '/run/vdpa')], null],
  ])('%s', (_, root, others, why) => {
    const said = whyAttached(mount(root), others);
    if (why === null) expect(said).toBeNull();
    else expect(said).toMatch(why);
  });
});
