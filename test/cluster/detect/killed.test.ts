// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { connect, type KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { packageRoot } from '../../../src/files/package-root.ts';
import { start } from '../../../src/process/start.ts';
import { awsNode } from '../../fixtures/cluster-nodes.ts';
import { Kubectl } from '../kubectl.ts';
import { simulateNamespaces } from '../namespace-simulator.ts';
import { NodeSimulator } from '../node-simulator.ts';

const { bin, kubeconfig } = inject('cluster');
const kubectl = new Kubectl(bin, kubeconfig);
const program = join(packageRoot(), 'bin/vdpactl.js');
const namespace = 'vdpactl-system';

const podsLeft = () => kubectl.ok('get', 'pods', '-A', '-l', 'vdpactl.io/detect-run', '-o', 'name');

describe.skipIf(!existsSync(join(packageRoot(), 'dist/cli.js')))('the command line, stopped in the middle', () => {
  let client: KubeClient;
  let namespaces: { stop(): Promise<void> };
  let simulator: NodeSimulator;
  let answering = false;

  beforeAll(async () => {
    client = connect({ kubeconfig }, {}, '/');
    namespaces = simulateNamespaces(client);
    const log = `${JSON.stringify(awsNode('x'), null, 2)}\n`;
    const nodes = ['killed-1', 'killed-2', 'killed-3'].map((name) => ({
      name,
      fate: () => (answering ? { kind: 'succeeds' as const, log } : { kind: 'ignored' as const }),
    }));
    simulator = await NodeSimulator.start(client, nodes);
  });

  afterAll(async () => {
    await simulator?.stop();
    await namespaces?.stop();
    client?.close();
  });

  function detect() {
    const args = [program, 'detect', '--cluster', '--kubeconfig', kubeconfig, '--progress', 'none'];
    return start(process.execPath, args, { env: { PATH: process.env['PATH'] } });
  }

  test('by Ctrl-C leaves nothing', async () => {
    answering = false;
    const running = detect();
    await expect.poll(podsLeft, { timeout: 30_000 }).toMatch(/(pod\S+\s*){3}/);
    process.kill(running.pid ?? 0, 'SIGINT');
    expect(await running.ended).toMatchObject({ code: 130 });
    expect(await podsLeft()).toBe('');
    await expect.poll(() => kubectl.ok('get', 'namespaces', '-o', 'name')).not.toContain(namespace);
  });

  test('by SIGKILL leaves what the next run removes', async () => {
    answering = false;
    const killed = detect();
    await expect.poll(podsLeft, { timeout: 30_000 }).toMatch(/(pod\S+\s*){3}/);
    process.kill(killed.pid ?? 0, 'SIGKILL');
    await killed.ended;
    expect(await podsLeft()).not.toBe('');

    answering = true;
    expect(await detect().ended).toMatchObject({ code: 0 });
    expect(await podsLeft()).toBe('');
    await expect.poll(() => kubectl.ok('get', 'namespaces', '-o', 'name')).not.toContain(namespace);
  });

  test('beside another run, each leaves the other alone', async () => {
    answering = true;
    const ends = await Promise.all([detect(), detect(), detect()].map(({ ended }) => ended));
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(await podsLeft()).toBe('');
    await expect.poll(() => kubectl.ok('get', 'namespaces', '-o', 'name')).not.toContain(namespace);
  });
});
