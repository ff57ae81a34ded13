// SPDX-License-Identifier: Apache-2.0
import { rmdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { notClean } from '../../../src/node/clean/clean-node.ts';
import { Host, installed, sha256 } from './host.ts';

const plugin = 'the plugin';
const cniInfo =
  '{"type":"vhost-user","version":"1.1.0","vhost-user":{"mode":"server","path":"/var/run/vdpa/net1/vhost.sock"}}';
const uid = '5b1c2a7e-8d0f-4c3b-9e6a-0f1d2c3b4a59';

const residue = {
  '/opt/cni/bin/vdpa': plugin,
  '/run/vdpa/installed.json': installed([{ path: '/opt/cni/bin/vdpa', sha256: sha256(plugin) }]),
  '/run/vdpa/dev/0000:65:00.2/': '',
  '/run/vdpa/log/agent.log': 'x',
  '/run/vdpactl-node/': '',
  '/run/k8s.cni.cncf.io/devinfo/dp/vdpactl.io-vdpa-0000:65:00.2-device.json': '{}',
  '/run/k8s.cni.cncf.io/devinfo/cni/net-abc_net1': cniInfo,
};
const multus = {
  '/etc/cni/net.d/00-multus.conf': '{"type":"multus-shim"}',
  '/etc/cni/net.d/multus.d/multus.kubeconfig': 'x',
  '/etc/cni/multus/net.d/': '',
  '/opt/cni/bin/multus-shim': 'x',
  '/opt/cni/bin/passthru': 'x',
  '/run/multus/': '',
  '/var/lib/cni/multus/results/a': 'x',
};
const foreign = {
  '/etc/cni/net.d/10-pods.conflist': '{"plugins":[{"type":"bridge"}]}',
  '/etc/passwd': 'root',
  '/opt/cni/bin/bridge': 'x',
  '/run/other': 'x',
};

describe('cleanNode', () => {
  let host: Host;
  afterEach(() => host.remove());

  const bound = (root: string) => ({ device: '8:1', root, point: '/run/vdpa/dev/0000:65:00.2' });

  test('leaves nothing of the stack, and all else', async () => {
    host = new Host({ ...residue, ...multus, ...foreign });
    const result = await host.clean({ multus: true });
    expect(result).toMatchObject({ kind: 'NodeCleaned', dryRun: false, left: [], kept: [] });
    expect(result.removed).toEqual([
      '/run/vdpactl-node',
      '/etc/cni/net.d/00-multus.conf',
      '/etc/cni/net.d/multus.d/multus.kubeconfig',
      '/opt/cni/bin/multus-shim',
      '/opt/cni/bin/passthru',
      '/run/multus',
      '/var/lib/cni/multus',
      '/etc/cni/net.d/multus.d',
      '/etc/cni/multus/net.d',
      '/etc/cni/multus',
      '/opt/cni/bin/vdpa',
      '/var/run/k8s.cni.cncf.io/devinfo/dp/vdpactl.io-vdpa-0000:65:00.2-device.json',
      '/var/run/k8s.cni.cncf.io/devinfo/cni/net-abc_net1',
      '/var/run/k8s.cni.cncf.io/devinfo/dp',
      '/var/run/k8s.cni.cncf.io/devinfo/cni',
      '/var/run/k8s.cni.cncf.io/devinfo',
      '/var/run/k8s.cni.cncf.io',
      '/var/run/vdpa',
    ]);
    expect(host.tree().sort()).toEqual([...Object.keys(foreign), '/var/lib/cni/', '/var/run -> /run'].sort());
    expect(await host.clean({ multus: true })).toMatchObject({ removed: [], left: [], kept: [] });
  });

  test('only says it in a dry run', async () => {
    host = new Host({ ...residue, ...multus });
    const before = host.tree();
    const result = await host.clean({ multus: true, dryRun: true });
    expect(host.tree()).toEqual(before);
    expect(result.removed).toContain('/opt/cni/bin/multus-shim');
    expect(result.removed).toContain('/var/run/vdpa');
    expect(result.left).toEqual([]);
  });

  test('leaves a Multus alone that the stack did not bring', async () => {
    host = new Host({ ...multus });
    const before = host.tree();
    expect(await host.clean()).toMatchObject({ removed: [], left: [], kept: [] });
    expect(host.tree()).toEqual(before);
  });

  test('leaves what another configuration needs, and a file that only has the name of Multus’', async () => {
    host = new Host({
      '/etc/cni/net.d/00-multus.conf': '{"type":"bridge"}',
      '/etc/cni/net.d/20-x.conflist': '{"plugins":[{"type":"passthru"}]}',
      '/opt/cni/bin/passthru': 'x',
    });
    expect((await host.clean({ multus: true })).kept).toEqual([
      { what: '/etc/cni/net.d/00-multus.conf', why: 'it is no configuration of Multus' },
      { what: '/opt/cni/bin/passthru', why: '/etc/cni/net.d/20-x.conflist needs it' },
    ]);
    expect(host.tree()).toHaveLength(5);
  });

  test('unmounts what a pod that is gone had', async () => {
    host = new Host(residue);
    host.mounts = [bound(`/kubelet/pods/${uid}/volumes/kubernetes.io~empty-dir/vdpa/net1//deleted`)];
    expect(await host.clean()).toMatchObject({ left: [] });
    expect(host.unmounted).toEqual(['/run/vdpa/dev/0000:65:00.2']);
    expect(host.has('/run/vdpa')).toBe(false);
  });

  test('takes nothing from a pod that is there, and goes on when it is gone', async () => {
    host = new Host({ ...residue, '/run/vdpa/dev/0000:65:00.2/file': 'the pod’s' });
    host.mounts = [bound(`/kubelet/pods/${uid}/volumes/kubernetes.io~empty-dir/vdpa/net1`)];
    const result = await host.clean();
    const why = `the pod with the uid ${uid}, which has this attachment, is still on this node`;
    expect(result.left.map((left) => left.why)).toEqual([why, why, why]);
    expect(result.left.map(({ what }) => what)).toEqual([
      '/opt/cni/bin/vdpa',
      '/var/run/k8s.cni.cncf.io/devinfo/cni/net-abc_net1',
      '/var/run/vdpa/dev/0000:65:00.2',
    ]);
    expect(notClean(result)).toMatchObject({
      code: 'VDPA-NODE-007',
      exitCode: 5,
      message: '3 things of the stack are still in use',
    });
    expect(host.tree()).toEqual([
      '/opt/cni/bin/vdpa',
      '/run/k8s.cni.cncf.io/devinfo/cni/net-abc_net1',
      '/run/vdpa/dev/0000:65:00.2/file',
      '/run/vdpa/installed.json',
      '/var/run -> /run',
    ]);
    host.mounts = [];
    expect(await host.clean()).toMatchObject({ left: [] });
    expect(host.tree()).toEqual(['/opt/cni/bin/', '/run/', '/var/run -> /run']);
  });

  test('takes nothing from a pod that has a device and no mount, and everything when it is gone', async () => {
    const file = `/run/vdpa/attachments/${uid}/net1.json`;
    host = new Host({ ...residue, [file]: '{}', [`/var/lib/kubelet/pods/${uid}/`]: '' });
    const gone = '/run/vdpa/attachments/11111111-8d0f-4c3b-9e6a-0f1d2c3b4a59/net1.json';
    host.write(gone, '{}');
    expect((await host.clean()).left.map(({ what }) => what)).toEqual([
      '/opt/cni/bin/vdpa',
      '/var/run/k8s.cni.cncf.io/devinfo/cni/net-abc_net1',
      `/var/run/vdpa/attachments/${uid}`,
    ]);
    expect([host.has(file), host.has(gone)]).toEqual([true, false]);
    rmdirSync(join(host.root, `var/lib/kubelet/pods/${uid}`));
    expect(await host.clean()).toMatchObject({ left: [] });
    expect(host.has('/run/vdpa')).toBe(false);
  });

  test('enters nothing that cannot be unmounted', async () => {
    host = new Host({ ...residue, '/run/vdpa/dev/0000:65:00.2/file': 'the pod’s' });
    host.mounts = [bound('/gone//deleted')];
    host.refusesToUnmount = true;
    expect((await host.clean()).left).toEqual([
      { what: '/var/run/vdpa/dev/0000:65:00.2', why: 'it cannot be unmounted: target is busy' },
    ]);
    expect(host.has('/run/vdpa/dev/0000:65:00.2/file')).toBe(true);
  });

  test('leaves all of it while a part of the stack runs', async () => {
    host = new Host(residue);
    host.mounts = [{ device: '0:9', root: '/', point: '/run' }];
    host.containers = [{ device: '0:9', root: '/vdpa', point: '/run/vdpa' }];
    const result = await host.clean();
    expect(result.left).toContainEqual({ what: '/var/run/vdpa', why: 'a part of the stack still runs on this node' });
    expect(host.has('/opt/cni/bin/vdpa')).toBe(true);
    expect(host.has('/run/vdpa/log/agent.log')).toBe(true);
  });

  test('leaves a socket that somebody listens on, and removes one that nobody does', async () => {
    host = new Host({ '/run/vdpa/': '', '/var/lib/kubelet/plugins_registry/': '' });
    const registry = '/var/lib/kubelet/plugins_registry/vdpactl.io_vdpa.sock';
    const servers = ['/run/vdpa/vdpa.sock', registry].map((path) => createServer().listen(join(host.root, path)));
    await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
    host.listening = ['/run/vdpa/vdpa.sock', registry];
    expect((await host.clean()).left).toEqual([
      { what: registry, why: 'a device plugin still listens on it' },
      { what: '/var/run/vdpa', why: 'the agent still runs: it listens on /var/run/vdpa/vdpa.sock' },
    ]);
    host.listening = [];
    expect((await host.clean()).removed).toEqual([registry, '/var/run/vdpa']);
    for (const server of servers) server.close();
  });

  test('follows no link, neither in the run directory nor in its place', async () => {
    host = new Host({ ...foreign, '/run/vdpa/out': '->/etc', '/run/vdpa/dev/x': '->../../other' });
    expect(await host.clean()).toMatchObject({ removed: ['/var/run/vdpa'], left: [] });
    expect(host.tree().sort()).toEqual([...Object.keys(foreign), '/var/run -> /run'].sort());
    host.write('/run/vdpa', '->/etc');
    expect(await host.clean()).toMatchObject({
      removed: [],
      kept: [{ what: '/var/run/vdpa', why: 'it is no folder' }],
    });
    expect(host.has('/etc/passwd')).toBe(true);
  });

  test('removes only what is still as it was installed', async () => {
    const list = (path: string, text: string) => ({ path, sha256: sha256(text) });
    host = new Host({
      ...foreign,
      '/opt/cni/bin/vdpa': 'changed since',
      '/run/vdpa/installed.json': installed([
        list('/opt/cni/bin/vdpa', plugin),
        list('/opt/cni/bin/bridge', 'x'),
        list('/etc/passwd', 'root'),
        list('/opt/cni/bin/../../../etc/passwd', 'root'),
      ]),
    });
    const result = await host.clean();
    expect(result.kept.map(({ what }) => what)).toEqual([
      '/opt/cni/bin/vdpa',
      '/opt/cni/bin/bridge',
      '/etc/passwd',
      '/opt/cni/bin/../../../etc/passwd',
    ]);
    expect(result.removed).toEqual(['/var/run/vdpa']);
    expect(notClean(result)).toBeNull();
    expect(host.tree().sort()).toEqual([...Object.keys(foreign), '/opt/cni/bin/vdpa', '/var/run -> /run'].sort());
  });

  test('removes what a list of another version names, as far as it understands that', async () => {
    const files = [{ path: '/opt/cni/bin/vdpa', sha256: sha256(plugin), mode: 0o755 }, { folder: '/opt/cni' }];
    const list = JSON.stringify({ schemaVersion: 'vdpactl/v2', kind: 'InstalledFiles', files });
    host = new Host({ ...foreign, '/opt/cni/bin/vdpa': plugin, '/run/vdpa/installed.json': list });
    const result = await host.clean();
    expect(result.removed).toContain('/opt/cni/bin/vdpa');
    expect(result.kept).toEqual([
      {
        what: '/var/run/vdpa/installed.json',
        why: 'it says "vdpactl/v2", and this version of vdpactl knows vdpactl/v1: what else it may name is not removed',
      },
    ]);
    expect(host.tree().sort()).toEqual([...Object.keys(foreign), '/var/run -> /run'].sort());
  });

  test('does not touch a plugin that no list names', async () => {
    host = new Host({ '/opt/cni/bin/vdpa': 'somebody else’s' });
    expect(await host.clean()).toMatchObject({ removed: [], left: [], kept: [] });
    expect(host.has('/opt/cni/bin/vdpa')).toBe(true);
  });
});
