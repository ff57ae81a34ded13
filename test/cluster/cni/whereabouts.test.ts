// SPDX-License-Identifier: Apache-2.0
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { isAtLeast, supportedVersions } from '../../../dataplane/agent/cni/cni-version.ts';
import { hostPaths } from '../../../src/templates/kubernetes/host-paths.ts';
import { type Daemon, untilReady } from '../helpers/daemon.ts';
import { labTools } from '../helpers/lab-tools.ts';
import { isBuilt } from '../helpers/node-image.ts';
import { Kubectl } from '../kubectl.ts';
import { BareNode } from './bare-node.ts';
import { Cnitool } from './cnitool.ts';

const { bin, kubeconfig, whyNoNode } = inject('cluster');
const tools = await labTools('cnitool', 'whereabouts');
const why = whyNoNode ?? ('missing' in tools ? tools.missing : isBuilt ? null : 'vdpactl is not built: npm run build');
if (why !== null) process.stderr.write(`cluster: no test of whereabouts: ${why}\n`);

const pod = '0b8f7a52-5d4e-4a2b-9a8e-3f5c1d2e4b6a';
const group = 'whereabouts.cni.cncf.io';
/** On the node's own loopback interface, from where the API server is reached through a socket. */
const relayPort = 6443;

/** What whereabouts keeps in the cluster, as far as its objects need to be taken: with any content. */
function definition(plural: string, kind: string): object {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const singular = kind.toLowerCase();
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural, singular },
      scope: 'Namespaced',
      versions: [{ name: 'v1alpha1', served: true, storage: true, schema }],
    },
  };
}

/** The real plugin and a real API server; its files are where its own installation puts them on a node. */
describe.skipIf(why !== null)('whereabouts gives addresses to pods of vdpa', () => {
  const kubectl = new Kubectl(bin, kubeconfig);
  let node: BareNode;
  let cnitool: Cnitool;
  let outside: Server;
  let inside: Daemon;

  beforeAll(async () => {
    const definitions = [
      definition('ippools', 'IPPool'),
      definition('overlappingrangeipreservations', 'OverlappingRangeIPReservation'),
    ];
    for (const each of definitions) expect(await kubectl.apply(JSON.stringify(each))).toMatchObject({ exitCode: 0 });
    await kubectl.ok('wait', '--for=condition=Established', '--timeout=30s', `crd/ippools.${group}`);
    node = await BareNode.start(2);
    cnitool = new Cnitool(node, 'bin' in tools ? tools.bin : '');
    ({ outside, inside } = await relay(node, readFileSync(kubeconfig, 'utf8')));
    copyFileSync(join('bin' in tools ? tools.bin : '', 'whereabouts'), node.path('/opt/cni/bin/whereabouts'));
    const folder = node.path(`${hostPaths.cniConfig}/whereabouts.d`);
    mkdirSync(folder, { recursive: true });
    const own = `${hostPaths.cniConfig}/whereabouts.d/whereabouts.kubeconfig`;
    const config = { datastore: 'kubernetes', kubernetes: { kubeconfig: own }, leader_lease_duration: 1500 };
    writeFileSync(join(folder, 'whereabouts.conf'), JSON.stringify(config));
    writeFileSync(join(folder, 'whereabouts.kubeconfig'), relayed(readFileSync(kubeconfig, 'utf8')), { mode: 0o600 });
    for (const cniVersion of supportedVersions) {
      const ipam = { type: 'whereabouts', range: '10.58.0.0/29', gateway: '10.58.0.1' };
      const plugins = [{ type: 'vdpa', deviceID: 'local0', ipam }];
      cnitool.define({ cniVersion, name: `vdpa-${cniVersion}`, plugins });
    }
    await node.startAgent();
  }, 120_000);
  afterAll(async () => {
    await inside?.kill();
    outside?.close();
    await node?.stop();
  });

  beforeEach(async () => {
    await node.ok('ip', 'netns', 'add', 'one');
    node.addPod(pod);
  });
  afterEach(async () => {
    await node.ok('ip', 'netns', 'del', 'one');
    node.removePod(pod);
    cnitool.forget();
  });

  /** The addresses that are given out, by all pools. */
  const given = async (): Promise<unknown[]> => {
    const pools = JSON.parse(await kubectl.ok('get', `ippools.${group}`, '-A', '-o', 'json'));
    return pools.items.flatMap(({ spec }: { spec: { allocations?: object } }) => Object.values(spec.allocations ?? {}));
  };

  test.each(supportedVersions)('ADD, CHECK and DEL in version %s', { timeout: 60_000 }, async (cniVersion) => {
    const net = `vdpa-${cniVersion}`;
    const added = await cnitool.call('add', net, 'one', pod);
    expect(added).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(added.stdout)).toMatchObject({
      ips: [{ address: expect.stringMatching(/^10\.58\.0\.[1-6]\/29$/), gateway: '10.58.0.1', interface: 0 }],
    });
    expect(await given()).toEqual([expect.objectContaining({ podref: `default/of-${pod}` })]);
    if (isAtLeast(cniVersion, '0.4.0')) {
      expect(await cnitool.call('check', net, 'one', pod)).toMatchObject({ exitCode: 0, stderr: '' });
    }
    for (let times = 0; times < 2; times += 1) {
      expect(await cnitool.call('del', net, 'one', pod)).toMatchObject({ exitCode: 0, stderr: '' });
      expect(await given()).toEqual([]);
    }
  });

  test('STATUS and GC do not fail for a plugin that does not know them', { timeout: 60_000 }, async () => {
    await node.startBackend('local0');
    const done = { exitCode: 0, stderr: '' };
    await expect.poll(() => cnitool.callForAll('status', 'vdpa-1.1.0'), { timeout: 10_000 }).toMatchObject(done);
    expect(await cnitool.callForAll('gc', 'vdpa-1.1.0')).toMatchObject(done);
  });
});

const relayed = (text: string): string => text.replace(/https:\/\/127\.0\.0\.1:\d+/, `https://127.0.0.1:${relayPort}`);

/** The node has a network of its own; the API server is on this machine's loopback interface. */
async function relay(node: BareNode, config: string): Promise<{ outside: Server; inside: Daemon }> {
  const socket = join(node.folder, 'api.sock');
  const port = Number(/https:\/\/127\.0\.0\.1:(\d+)/.exec(config)?.[1]);
  const outside = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', () => to.destroy()).pipe(to);
    }
  });
  await new Promise<void>((resolve) => outside.listen(socket, resolve));
  const script = `const net = require('net');
    net.createServer((from) => {
      const to = net.connect(${JSON.stringify(socket)});
      from.on('error', () => to.destroy()).pipe(to);
      to.on('error', () => from.destroy()).pipe(from);
    }).listen(${relayPort}, '127.0.0.1', () => console.log('relays'));`;
  const inside = node.start('relay', [process.execPath, '-e', script]);
  await untilReady(inside, () => inside.log().includes('relays'), 30_000);
  return { outside, inside };
}
