// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/config-schema.ts';
import { loadReports, replay } from '../../../src/platform/capture/load-reports.ts';
import { captureProbe, saveProbe } from '../../../src/platform/capture/save.ts';
import { probe } from '../../../src/platform/probe.ts';
import { decide } from '../../../src/providers/decide.ts';
import { allNodes } from '../../fixtures/nodes.ts';
import { scratch } from '../../fixtures/scratch.ts';
import { type Tree, writeTree } from '../../fixtures/tree.ts';

const { folder } = scratch();
const now = new Date('2026-11-24T00:00:00Z');

function treeAt(tree: Tree, name = 'tree'): string {
  const root = join(folder(), name);
  mkdirSync(root);
  writeTree(root, tree);
  return root;
}

/** What is in an archive, as GNU tar sees it. */
function tarText(archive: Uint8Array, ...args: string[]): string {
  return execFileSync('tar', [...args, '-zf', '-'], { input: archive, encoding: 'utf8' });
}

describe.each(Object.entries(allNodes))('a capture of %s', (_, tree) => {
  it('replays to the very same report and decision', async () => {
    const root = treeAt(tree);
    const { report, archive } = await captureProbe({ root, now });
    expect(report).toEqual(probe({ root }));
    const replayed = await replay(archive, 'node.tgz');
    expect(replayed).toEqual(report);
    const config = configSchema.parse({});
    expect(decide(replayed, config)).toEqual(decide(report, config));
  });

  it('is the same bytes again, and serves as a --root when it is unpacked', async () => {
    const root = treeAt(tree);
    const { report, archive } = await captureProbe({ root, now });
    expect(Buffer.compare((await captureProbe({ root, now })).archive, archive)).toBe(0);
    const unpacked = treeAt({}, 'unpacked');
    execFileSync('tar', ['-xzf', '-', '-C', unpacked], { input: archive });
    expect(probe({ root: unpacked })).toEqual(report);
  });
});

describe('the running machine', () => {
  const env = { SSH_CONNECTION: '198.51.100.9 50000 192.0.2.2 22' };

  it('replays to the same report anywhere, with its addresses and its SSH connection', async () => {
    const { report, archive } = await captureProbe({ env, now, cloud: { cloud: 'none' } });
    const replayed = await replay(archive, 'node.tgz');
    expect(replayed).toEqual(report);
    expect(report.nics).toEqual(probe({ env }).nics);
    const told: unknown = JSON.parse(tarText(archive, '-xO', 'vdpactl/capture.json'));
    expect(told).toMatchObject({
      schemaVersion: 'vdpactl/v1',
      time: '2026-11-24T00:00:00.000Z',
      sshConnection: env.SSH_CONNECTION,
      cloud: null,
    });
  });

  it('differs between two captures by no more than the time', async () => {
    const listing = (archive: Uint8Array) => tarText(archive, '-tv');
    const [first, second] = [await captureProbe({ env, now }), await captureProbe({ env, now: new Date(0) })];
    // Counters of huge pages change by what others do; their lengths seldom.
    expect(listing(second.archive).split('\n').length).toBe(listing(first.archive).split('\n').length);
    const own = (archive: Uint8Array) => tarText(archive, '-xO', 'vdpactl/capture.json').replace(/"time": ".*"/, '');
    expect(own(second.archive)).toBe(own(first.archive));
  });

  it('leaves nothing of the reader behind: no process id in any path', async () => {
    const { archive } = await captureProbe({ env, now });
    expect(tarText(archive, '-t')).not.toMatch(/^proc\/\d/m);
  });
});

it('keeps of CNI configurations the types of their plugins and no secret', async () => {
  const root = treeAt({
    ...allNodes['laptop'],
    'etc/cni/net.d/00-multus.conf': JSON.stringify({
      type: 'multus-shim',
      kubeconfig: '/hunter2',
      delegates: [{ type: 'x' }],
    }),
    'etc/cni/net.d/10-x.conflist': JSON.stringify({
      name: 'hunter2',
      plugins: [{ type: 'calico', token: 'hunter2' }, 7],
    }),
    'etc/cni/net.d/20-broken.conf': 'token=hunter2',
  });
  const { report, archive } = await captureProbe({ root, now });
  expect(gunzipSync(archive).toString()).not.toContain('hunter2');
  expect(report.node.cni.multus).toBe('thick');
  expect(report).toEqual(probe({ root }));
  expect((await replay(archive, 'x')).node.cni).toEqual(report.node.cni);
});

it('tells a table that is too long to be read whole again', async () => {
  const root = treeAt({
    ...allNodes['laptop'],
    'proc/net/pppoe': 'x'.repeat(100_000),
    'proc/net/route': `Iface\n${'x\n'.repeat(5_000_000)}`,
  });
  const { report, archive } = await captureProbe({ root, now });
  expect(JSON.stringify(report.evidence)).toContain('is longer than 8 MiB');
  expect(await replay(archive, 'x')).toEqual(report);
});

it('can be captured again from an unpacked capture, with what the first machine said', async () => {
  const { report, archive } = await captureProbe({ env: { SSH_CONNECTION: '192.0.2.9 1 192.0.2.2 22' }, now });
  const unpacked = treeAt({}, 'unpacked');
  execFileSync('tar', ['-xzf', '-', '-C', unpacked], { input: archive });
  const again = await captureProbe({ root: unpacked, now });
  expect(again.report).toEqual(report);
  expect(await replay(again.archive, 'x')).toEqual(report);
});

describe('the file', () => {
  it('is written once, and replaced only by force', async () => {
    const root = treeAt(allNodes['laptop'] ?? {});
    const file = join(folder(), 'node.tgz');
    expect((await saveProbe({ root, file })).replaced).toBe(false);
    const before = readFileSync(file);
    const refused = { code: 'VDPA-CONFIG-004', where: 'mine.tgz', next: expect.stringContaining('--force') };
    await expect(saveProbe({ root, file, shown: 'mine.tgz' })).rejects.toMatchObject(refused);
    expect(readFileSync(file).equals(before)).toBe(true);
    writeFileSync(file, 'old');
    chmodSync(file, 0o600);
    const { report, replaced } = await saveProbe({ root, file, force: true });
    expect([replaced, statSync(file).mode & 0o777]).toEqual([true, 0o600]);
    expect(await loadReports(file)).toEqual([report]);
  });

  it.each([
    ['missing/node.tgz', false, 'VDPA-BUNDLE-004'],
    ['folder', true, 'VDPA-CONFIG-004'],
    ['folder', false, 'VDPA-CONFIG-004'],
  ])('%s with force %s is refused with %s', async (name, force, code) => {
    const root = treeAt(allNodes['laptop'] ?? {});
    mkdirSync(join(folder(), 'folder'));
    await expect(saveProbe({ root, file: join(folder(), name), force })).rejects.toMatchObject({ code, exitCode: 2 });
  });
});
