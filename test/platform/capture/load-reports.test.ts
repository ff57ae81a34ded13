// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { loadReports, replay } from '../../../src/platform/capture/load-reports.ts';
import { archiveLimits, unpackArchive } from '../../../src/platform/capture/unpack-archive.ts';
import { probe } from '../../../src/platform/probe.ts';
import { type TarEntry, tar, tarEntries, tgz } from '../../fixtures/archive.ts';
import { allNodes, laptop, virtioUplink } from '../../fixtures/nodes.ts';
import { scratch } from '../../fixtures/scratch.ts';
import { withTree } from '../../fixtures/tree.ts';

const { folder } = scratch();

function fileOf(content: string | Uint8Array, name = 'node.tgz'): string {
  const file = join(folder(), name);
  writeFileSync(file, content);
  return file;
}

const byProbe = withTree(laptop, (root) => probe({ root }));

describe('an archive made by hand', () => {
  it.each(Object.entries(allNodes))('of %s gives the report of the tree', async (_, tree) => {
    const expected = withTree(tree, (root) => probe({ root }));
    expect(await loadReports(fileOf(await tgz(tarEntries(tree))))).toEqual([expected]);
  });

  it.each(['./', 'captured-node/', './captured-node/'])('may have the system below %s', async (prefix) => {
    expect(await loadReports(fileOf(await tgz(tarEntries(laptop, prefix))))).toEqual([byProbe]);
  });

  it.each(['gnu', 'pax', 'ustar', 'oldgnu'])('may be in the format %s of GNU tar', async (format) => {
    const packed = withTree(laptop, (root) => {
      const args = [`--format=${format}`, '-czf', '-', '-C', root, '.'];
      return execFileSync('tar', args, { maxBuffer: 1024 ** 3 });
    });
    expect(await replay(packed, 'x')).toEqual(byProbe);
  });

  it('may hold devices, FIFOs, hard links and links to anywhere: they are never followed out of it', async () => {
    const entries: TarEntry[] = [
      ...tarEntries(laptop),
      { name: 'etc', type: 'symlink', linkname: '../../../../../../../../etc' },
      { name: 'dev/mem', type: 'character-device' },
      { name: 'dev/sda', type: 'block-device' },
      { name: 'run/fifo', type: 'fifo' },
      { name: 'run/copy', type: 'link', linkname: 'proc/sys/kernel/osrelease' },
      { name: 'run/outside', type: 'link', linkname: '/etc/passwd' },
    ];
    const packed = await tgz(entries);
    expect(await replay(packed, 'x')).toEqual(byProbe);
    const tree = await unpackArchive(packed, 'x');
    expect(['dev/mem', 'run/fifo', 'run/outside'].map((path) => [tree.kind(path), tree.read(path, 9)])).toEqual(
      Array(3).fill(['other', null]),
    );
    expect(Buffer.from(tree.read('run/copy', 99)?.bytes ?? '').toString()).toBe('6.1.0-28-amd64\n');
  });
});

describe('what is no archive', () => {
  const good = tgz(tarEntries(virtioUplink));

  it.each<[string, () => Promise<string | Uint8Array> | string | Uint8Array]>([
    ['empty', () => ''],
    ['text', () => 'hello'],
    ['random', () => Buffer.from(Array.from({ length: 600 }, (_, at) => (at * 7919) % 251))],
    ['a tar that is not gzipped', () => tar(tarEntries(virtioUplink))],
    ['gzipped text', () => gzipSync('hello')],
    ['gzipped nothing', () => gzipSync('')],
    [
      'gzip with a broken check sum',
      async () => (await good).map((byte, at, all) => (at === all.length - 6 ? byte ^ 1 : byte)),
    ],
    ['cut off', async () => (await good).subarray(0, (await good).length / 2)],
    ['cut off by a byte', async () => (await good).subarray(0, -1)],
    ['a tar that is cut off', async () => gzipSync((await tar(tarEntries(virtioUplink))).subarray(0, 5000))],
    ['without sys and proc', () => tgz([{ name: 'readme.txt', content: 'x' }])],
  ])('%s is VDPA-BUNDLE-001', async (_, content) => {
    const file = fileOf(await content());
    await expect(loadReports(file, 'mine')).rejects.toMatchObject({
      code: 'VDPA-BUNDLE-001',
      exitCode: 2,
      where: 'mine',
    });
  });

  it('a folder, a device and a file that is not there are VDPA-BUNDLE-001', async () => {
    mkdirSync(join(folder(), 'dir'));
    for (const path of [join(folder(), 'dir'), '/dev/zero', join(folder(), 'none')])
      await expect(loadReports(path)).rejects.toMatchObject({ code: 'VDPA-BUNDLE-001' });
  });
});

describe('a hostile archive', () => {
  const sys: TarEntry = { name: 'sys/x', content: 'x' };

  it.each<[string, TarEntry[]]>([
    ['a way out', [sys, { name: '../../etc/passwd', content: 'x' }]],
    ['a way out in the middle', [sys, { name: 'sys/../../x', content: 'x' }]],
    ['an absolute name', [sys, { name: '/etc/passwd', content: 'x' }]],
    ['the same file twice', [sys, { name: 'sys/x', content: 'y' }]],
    ['a file and then a link of its name', [sys, { name: './sys/x', type: 'symlink', linkname: '/' }]],
    ['a file below a file', [sys, { name: 'sys/x/y', content: 'y' }]],
    [
      'a file below a link',
      [
        { name: 'sys/l', type: 'symlink', linkname: '/etc' },
        { name: 'sys/l/passwd', content: 'x' },
      ],
    ],
    ['a name too deep', [sys, { name: 'd/'.repeat(200), type: 'directory' }]],
    ['a directory where a file is', [sys, { name: 'sys/x', type: 'directory' }]],
  ])('with %s is VDPA-BUNDLE-002', async (_, entries) => {
    await expect(replay(await tgz(entries), 'x')).rejects.toMatchObject({
      code: 'VDPA-BUNDLE-002',
      exitCode: 2,
      where: 'x',
    });
  });

  it('is no bomb: neither in bytes nor in entries', async () => {
    const bytes = await tgz([{ name: 'sys/zeros', content: '\0'.repeat(3_000_000) }]);
    expect(bytes.length).toBeLessThan(10_000);
    const limits = { ...archiveLimits, unpackedBytes: 2_000_000 };
    const tooMuch = { code: 'VDPA-BUNDLE-002', message: expect.stringContaining('unpacks to more than') };
    await expect(unpackArchive(bytes, 'x', limits)).rejects.toMatchObject(tooMuch);
    const many = await tgz(Array.from({ length: 50 }, (_, at) => ({ name: `sys/${at}` })));
    const tooMany = { code: 'VDPA-BUNDLE-002', message: expect.stringContaining('more than 20 entries') };
    await expect(unpackArchive(many, 'x', { ...archiveLimits, entries: 20 })).rejects.toMatchObject(tooMany);
  });

  it('of endless zeros is given up early', async () => {
    const bomb = gzipSync(Buffer.alloc(150 * 1024 * 1024), { level: 1 });
    const before = process.cpuUsage();
    // Zeros are the end of a tar.
    await expect(replay(bomb, 'x')).rejects.toMatchObject({ code: expect.stringMatching(/^VDPA-BUNDLE-00[12]$/) });
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(5);
  });
});

describe('vdpactl/capture.json', () => {
  const told = {
    schemaVersion: 'vdpactl/v1',
    machine: 'sparc64',
    sshConnection: null,
    ipv4Addresses: null,
    cloud: null,
  };
  const withTold = (document: unknown) => {
    const content = typeof document === 'string' ? document : JSON.stringify(document);
    return tgz([...tarEntries(laptop), { name: 'vdpactl/capture.json', content }]);
  };

  it('says what is in no file', async () => {
    const { 'proc/sys/kernel/arch': _, ...old } = laptop;
    const cloud = {
      name: 'aws',
      instanceId: 'i-0123456789abcdef0',
      instanceType: null,
      region: null,
      zone: null,
      source: 'http://x',
    };
    const cloudEvidence = [{ claim: 'cloud aws', source: 'http://x', value: 'aws' }];
    const document = {
      ...told,
      sshConnection: '198.51.100.77 1 198.51.100.23 22',
      ipv4Addresses: [
        { interface: 'lo', address: '127.0.0.1', source: 'getifaddrs' },
        { interface: 'enp5s0', address: '198.51.100.23', source: 'getifaddrs' },
      ],
      cloud,
      cloudEvidence,
    };
    const entries = [...tarEntries(old), { name: 'vdpactl/capture.json', content: JSON.stringify(document) }];
    const report = await replay(await tgz(entries), 'x');
    expect(report.node).toMatchObject({ arch: 'sparc64', cloud });
    expect(report.evidence.at(-1)).toEqual(cloudEvidence[0]);
    expect(report.nics.find(({ netdevs }) => netdevs.includes('enp5s0'))?.uplinkReasons).toEqual([
      'enp5s0 has the address 198.51.100.23',
      'enp5s0 carries this SSH connection',
    ]);
  });

  it('is as good as none when it says nothing', async () => {
    expect(await replay(await withTold(told), 'x')).toEqual(byProbe);
  });

  it.each<[string, unknown]>([
    ['no JSON', '{"schemaVersion":'],
    ['a list', []],
    ['of another version', { ...told, schemaVersion: 'vdpactl/v9' }],
    ['without a version', {}],
    ['with a number for the machine', { ...told, machine: 7 }],
    ['with addresses that are no list', { ...told, ipv4Addresses: {} }],
    ['with an address of numbers', { ...told, ipv4Addresses: [{ interface: 'eth0', address: 1, source: 'x' }] }],
    ['with endless text', { ...told, sshConnection: 'x'.repeat(10_000) }],
    ['with a cloud of its own', { ...told, cloud: { name: 'mine' } }],
    ['with evidence of nothing', { ...told, cloudEvidence: [{ claim: 'x' }] }],
  ])('that is %s is VDPA-BUNDLE-002', async (_, document) => {
    const expected = { code: 'VDPA-BUNDLE-002', where: 'x: vdpactl/capture.json' };
    await expect(replay(await withTold(document), 'x')).rejects.toMatchObject(expected);
  });
});
