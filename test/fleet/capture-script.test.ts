// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { captureScript } from '../../src/fleet/capture-script.ts';
import { reportOfAnswer } from '../../src/fleet/read-answer.ts';
import type { NodeReport } from '../../src/platform/node-report.ts';
import { probe } from '../../src/platform/probe.ts';
import { allNodes } from '../fixtures/nodes.ts';
import { type Tree, withTree } from '../fixtures/tree.ts';

const shells = ['/bin/sh', '/bin/bash', '/usr/bin/zsh', '/bin/busybox'].filter((shell) => existsSync(shell));

/** What the vdpa program says is asked of a host, and no file of it. */
const nodes = Object.entries(allNodes).map(([name, tree]): [string, Tree] => [
  name,
  Object.fromEntries(Object.entries(tree).filter(([path]) => !path.startsWith('vdpactl/'))),
]);

function run(shell: string, root: string, env: NodeJS.ProcessEnv = { PATH: process.env['PATH'] }): Uint8Array {
  const args = shell.endsWith('busybox') ? ['sh'] : shell.endsWith('zsh') ? ['--emulate', 'sh'] : [];
  return execFileSync(shell, [...args, '-s', root], { input: captureScript(), env, maxBuffer: 64 * 1024 * 1024 });
}

const byScript = (tree: Tree, shell = '/bin/sh', env?: NodeJS.ProcessEnv): NodeReport =>
  withTree(tree, (root) => reportOfAnswer(run(shell, root, env), 'host'));
const byProbe = (tree: Tree): NodeReport => withTree(tree, (root) => probe({ root }));

describe.each(shells)('the capture script in %s', (shell) => {
  it.each(nodes)('brings all that the probe reads of %s', (_, tree) => {
    expect(byScript(tree, shell)).toEqual(byProbe(tree));
  });
});

it('brings all that the probe reads of this machine', () => {
  const report = reportOfAnswer(run('/bin/sh', '/'), 'host');
  const here = probe({ env: {} });
  // Other work on this machine takes and frees huge pages meanwhile.
  expect({ ...report.node, hugepages: [] }).toEqual({ ...here.node, hugepages: [] });
  expect(report.nics).toEqual(here.nics);
});

it('needs neither gzip nor readlink', () => {
  const bin = withTree(
    Object.fromEntries(
      ['sed', 'tr'].map((name) => [name, { to: execFileSync('which', [name], { encoding: 'utf8' }).trim() }]),
    ),
    (folder) => byScript(allNodes['numa'] ?? {}, '/bin/sh', { PATH: folder }),
  );
  expect(bin).toEqual(byProbe(allNodes['numa'] ?? {}));
});

describe('CNI configurations', () => {
  const thin = {
    ...allNodes['numa'],
    'etc/cni/net.d/00-multus.conf': JSON.stringify({
      cniVersion: '0.3.1',
      name: 'multus-cni-network',
      type: 'multus',
      kubeconfig: '/etc/cni/net.d/multus.d/secret.kubeconfig',
      delegates: [{ type: 'bridge', token: 'hunter2' }],
    }),
    'etc/cni/net.d/10-list.conflist': `{\n  "name": "x",\n  "plugins": [\n    { "type": "calico", "token": "hunter2" },\n    { "type": "portmap" }\n  ]\n}\n`,
  };

  it('are told by their types, and nothing else of them leaves the host', () => {
    expect(byScript(thin).node.cni).toEqual(byProbe(thin).node.cni);
    expect(byScript(thin).node.cni.multus).toBe('thin');
    const sent = withTree(thin, (root) => Buffer.from(run('/bin/sh', root, { PATH: '/nonexistent:/usr/bin:/bin' })));
    const { gunzipSync } = process.getBuiltinModule('node:zlib');
    const at = sent.indexOf(Buffer.from([0x1f, 0x8b]));
    expect(gunzipSync(sent.subarray(at)).toString()).not.toMatch(/hunter2|kubeconfig/);
  });
});

describe('an answer', () => {
  const good = () => withTree(allNodes['laptop'] ?? {}, (root) => Buffer.from(run('/bin/sh', root)));

  it('may follow what a login prints', () => {
    const noisy = Buffer.concat([Buffer.from('Welcome!\nLast login: never\n'), good()]);
    expect(reportOfAnswer(noisy, 'host')).toEqual(byProbe(allNodes['laptop'] ?? {}));
  });

  it('is refused when it is cut off, or none at all', () => {
    const whole = good();
    for (const length of [0, 5, 30, 200, whole.length - 20, whole.length - 1]) {
      expect(() => reportOfAnswer(whole.subarray(0, length), 'host')).toThrow(/cut off|unpacked|did not run/);
    }
    expect(() => reportOfAnswer(Buffer.from('Please change your password\n'), 'host')).toThrow(
      'did not run the script',
    );
  });

  it('cannot put anything outside of its tree, or shut the probe out', () => {
    const lines = [
      '',
      'vdpactl-capture/1',
      'F ../../etc/passwd',
      '>x',
      'L sys\t/proc',
      'L proc\t/sys',
      'A a\t../..',
      'F /abs',
      '>x',
      'E',
      '',
    ];
    expect(() => reportOfAnswer(Buffer.from(lines.join('\n')), 'host')).toThrow('neither /sys nor /proc');
  });
});
