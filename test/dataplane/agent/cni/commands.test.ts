// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { CniError, cniCodes } from '../../../../dataplane/agent/cni/cni-error.ts';
import { supportedVersions } from '../../../../dataplane/agent/cni/cni-version.ts';
import type { CniNode } from '../../../../dataplane/agent/cni/commands.ts';
import type { PodAttachments } from '../../../../dataplane/agent/pod/pod-attachments.ts';
import { junk } from '../../../fixtures/junk.ts';
import { scratch } from '../../../fixtures/scratch.ts';
import { LabNode } from '../pod/lab-node.ts';
import { ask, cniNode, environment, network, offered, podUid } from './call.ts';

const { folder } = scratch();
let lab: LabNode;
let store: PodAttachments;
let node: CniNode;

beforeEach(async () => {
  lab = new LabNode(folder());
  lab.addPod(podUid);
  store = await lab.open();
  node = cniNode(lab, store);
});

const withIpam = { ipam: { type: 'host-local', subnet: '10.1.1.0/24' } };
const macs = (mac: string) => ({ runtimeConfig: { mac } });

describe('ADD answers in the version that was asked for', () => {
  const golden = (name: string) => expect.stringMatching(new RegExp(`"cniVersion":"${name.replaceAll('.', '\\.')}"`));

  it.each(supportedVersions)('%s', async (cniVersion) => {
    const { exitCode, text, json } = await ask(node, environment(), network({ cniVersion, ...withIpam }));
    expect(exitCode).toBe(0);
    expect(text).toEqual(golden(cniVersion));
    await expect(`${JSON.stringify(json, null, 2)}\n`).toMatchFileSnapshot(`golden/add-${cniVersion}.json`);
  });

  it.each(supportedVersions)('%s, after other plugins', async (cniVersion) => {
    const prevResult = {
      cniVersion,
      interfaces: [{ name: 'eth0', mac: '0a:00:00:00:00:01', sandbox: '/var/run/netns/cni-1' }],
      ips: [{ version: '4', address: '10.244.1.5/24', gateway: '10.244.1.1', interface: 0 }],
      routes: [{ dst: '0.0.0.0/0', gw: '10.244.1.1' }],
      dns: { nameservers: ['10.96.0.10'] },
    };
    const { json } = await ask(node, environment(), network({ cniVersion, ...withIpam, prevResult }));
    await expect(`${JSON.stringify(json, null, 2)}\n`).toMatchFileSnapshot(`golden/chained-${cniVersion}.json`);
  });

  it('of a device of the kernel', async () => {
    const { json } = await ask(node, environment(), network({ cniVersion: '1.1.0', deviceID: '0000:65:00.2' }));
    expect(json).toEqual({
      cniVersion: '1.1.0',
      interfaces: [{ name: 'net1', sandbox: '/var/run/netns/cni-1', pciID: '0000:65:00.2' }],
      ips: [],
      routes: [],
      dns: {},
    });
  });
});

describe('ADD takes', () => {
  const attachment = () => store.all()[0]?.attachment;
  const args = (text: string) => environment({ CNI_ARGS: `K8S_POD_UID=${podUid};${text}` });

  it.each([
    ['of the device', environment(), {}, '02:00:00:00:00:03'],
    ['of the network', environment(), { mac: '02:00:00:00:00:AA' }, '02:00:00:00:00:aa'],
    ['of CNI_ARGS before that', args('MAC=02:00:00:00:00:bb'), { mac: '02:00:00:00:00:aa' }, '02:00:00:00:00:bb'],
    [
      'of args.cni before that',
      args('MAC=02:00:00:00:00:bb'),
      { args: { cni: { mac: '02:00:00:00:00:cc' } } },
      '02:00:00:00:00:cc',
    ],
    [
      'of runtimeConfig before all',
      args('MAC=02:00:00:00:00:bb'),
      { args: { cni: { mac: '02:00:00:00:00:cc' } }, ...macs('02:00:00:00:00:dd') },
      '02:00:00:00:00:dd',
    ],
    ['of nothing that is empty', environment(), macs(''), '02:00:00:00:00:03'],
  ])('the MAC address %s', async (_where, env, change, expected) => {
    expect((await ask(node, env, network(change))).exitCode).toBe(0);
    expect(attachment()?.mac).toBe(expected);
  });

  it.each([
    ['0000:03:00.0', '0000:03:00.0'],
    ['03:00.0', '0000:03:00.0'],
    ['local0', 'local0'],
    ['mlx5_core.sf.4', 'mlx5-core-sf-4'],
  ])('deviceID %s for %s', async (deviceID, device) => {
    await ask(node, environment(), network({ deviceID, pciBusID: deviceID }));
    expect(attachment()?.device).toBe(device);
  });

  it('addresses from whoever asks, where no plugin gives any', async () => {
    const { json } = await ask(node, environment(), network({ runtimeConfig: { ips: ['10.9.0.2/16', 'fd00::2/64'] } }));
    expect(json).toMatchObject({
      ips: [
        { address: '10.9.0.2/16', interface: 0 },
        { address: 'fd00::2/64', interface: 0 },
      ],
    });
    expect(attachment()?.ips).toEqual(['10.9.0.2/16', 'fd00::2/64']);
  });

  it('the file in which Multus looks for the device', async () => {
    const file = join(lab.paths.deviceInfo, 'default-l3fwd-net1.json');
    await ask(node, environment(), network({ runtimeConfig: { CNIDeviceInfoFile: file } }));
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      type: 'vhost-user',
      version: '1.1.0',
      'vhost-user': { mode: 'server', path: '/var/run/vdpa/net1/vhost.sock' },
    });
    expect((await ask(node, environment({ CNI_COMMAND: 'DEL' }), network())).exitCode).toBe(0);
    expect(existsSync(file)).toBe(false);
  });
});

describe('errors', () => {
  const dropped = (name: string): Record<string, string> =>
    Object.fromEntries(Object.entries(environment()).filter(([key]) => key !== name));
  const infoFile = (path: string) => ({ runtimeConfig: { CNIDeviceInfoFile: path } });

  it.each<[number, string, Record<string, string>, unknown]>([
    [1, 'cniVersion "0.2.0" is not supported', environment(), network({ cniVersion: '0.2.0' })],
    [1, 'cniVersion "9.0.0" is not supported', environment(), network({ cniVersion: '9.0.0' })],
    [1, 'cniVersion "0.1.0" is not supported', environment(), { name: 'x', type: 'vdpa' }],
    [1, 'cniVersion 0.3.1 has no CHECK', environment({ CNI_COMMAND: 'CHECK' }), network({ cniVersion: '0.3.1' })],
    [1, 'cniVersion 1.0.0 has no GC', environment({ CNI_COMMAND: 'GC' }), network()],
    [1, 'cniVersion 1.0.0 has no STATUS', environment({ CNI_COMMAND: 'STATUS' }), network()],
    [
      2,
      'mac 02:00:00:00:00:01 cannot be given to 0000:65:00.2',
      environment(),
      network({ deviceID: '0000:65:00.2', mac: '02:00:00:00:00:01' }),
    ],
    [2, 'CNIDeviceInfoFile "/etc/shadow" is not supported', environment(), network(infoFile('/etc/shadow'))],
    [2, 'is not supported', environment(), network(infoFile('/var/run/k8s.cni.cncf.io/devinfo/cni/../../x'))],
    [
      3,
      'container c1 has no interface net1 of ours',
      environment({ CNI_COMMAND: 'CHECK' }),
      network({ prevResult: {} }),
    ],
    [4, 'CNI_COMMAND is missing', dropped('CNI_COMMAND'), network()],
    [4, 'CNI_COMMAND is "add"', environment({ CNI_COMMAND: 'add' }), network()],
    [4, 'CNI_CONTAINERID is missing', dropped('CNI_CONTAINERID'), network()],
    [4, 'CNI_CONTAINERID is "../x"', environment({ CNI_CONTAINERID: '../x' }), network()],
    [4, 'CNI_NETNS is missing', dropped('CNI_NETNS'), network()],
    [4, 'CNI_IFNAME is missing', dropped('CNI_IFNAME'), network()],
    [4, 'CNI_IFNAME is ".."', environment({ CNI_IFNAME: '..' }), network()],
    [4, 'CNI_IFNAME is "a/b"', environment({ CNI_IFNAME: 'a/b' }), network()],
    [4, 'CNI_IFNAME is "eal.args"', environment({ CNI_IFNAME: 'eal.args' }), network()],
    [4, 'CNI_IFNAME is "sixteen-letters-"', environment({ CNI_IFNAME: 'sixteen-letters-' }), network()],
    [4, 'K8S_POD_UID in CNI_ARGS is missing', dropped('CNI_ARGS'), network()],
    [4, 'K8S_POD_UID in CNI_ARGS is "../../etc"', environment({ CNI_ARGS: 'K8S_POD_UID=../../etc' }), network()],
    [4, 'MAC in CNI_ARGS is "x"', environment({ CNI_ARGS: `K8S_POD_UID=${podUid};MAC=x` }), network()],
    [6, 'is not JSON', environment(), '{"cniVersion": "1.0.0"'],
    [6, 'is not JSON', environment(), ''],
    [6, 'is no JSON object', environment(), '[]'],
    [7, 'cniVersion has to be a text', environment(), network({ cniVersion: 1 })],
    [7, 'name:', environment(), network({ name: '' })],
    [7, 'name:', environment(), network({ name: '../x' })],
    [7, 'has no deviceID', environment(), network({ deviceID: undefined })],
    [7, 'deviceID "0000:99:00.0" is not offered by this node', environment(), network({ deviceID: '0000:99:00.0' })],
    [7, 'is no PCI address and no id of a device', environment(), network({ deviceID: '../../dev' })],
    [7, 'are two devices', environment(), network({ pciBusID: '0000:04:00.0' })],
    [7, 'mac: ', environment(), network({ mac: 'x' })],
    [7, 'is a group address', environment(), network(macs('01:00:00:00:00:01'))],
    [7, 'runtimeConfig.ips.0: ', environment(), network({ runtimeConfig: { ips: ['10.1.1.1'] } })],
    [7, 'ipam.type: ', environment(), network({ ipam: { type: '../sh' } })],
    [7, 'ips.0.address: ', environment(), network({ prevResult: { ips: [{ address: 'x' }] } })],
    [7, 'CHECK needs the prevResult', environment({ CNI_COMMAND: 'CHECK' }), network()],
    [
      7,
      'cni.dev/valid-attachments',
      environment({ CNI_COMMAND: 'GC' }),
      network({ cniVersion: '1.1.0', 'cni.dev/valid-attachments': 1 }),
    ],
    [
      cniCodes.noVolume,
      'has no emptyDir volume named vdpa',
      environment({ CNI_ARGS: 'K8S_POD_UID=no-such-pod' }),
      network(),
    ],
  ])('%i: %s', async (code, message, env, stdin) => {
    const { exitCode, json } = await ask(node, env, stdin);
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({ code, msg: expect.stringContaining(message) });
    expect(lab.traces()).toEqual([]);
  });

  it.each([
    ['ASCII', 'x'.repeat(251)],
    ['more bytes than letters', 'ü'.repeat(126)],
    ['more than any file system takes', 'x'.repeat(5000)],
  ])('2: a device-info file with a name too long to be written, %s', async (_what, name) => {
    const file = infoFile(join(lab.paths.deviceInfo, name));
    const { json } = await ask(node, environment(), network({ ...withIpam, ...file }));
    expect(json).toMatchObject({ code: 2, details: expect.stringContaining('at most 250 bytes') });
    expect(lab.traces()).toEqual([]);
    const longest = infoFile(join(lab.paths.deviceInfo, 'x'.repeat(250)));
    expect((await ask(node, environment(), network({ ...withIpam, ...longest }))).exitCode).toBe(0);
    expect((await ask(node, environment({ CNI_COMMAND: 'DEL' }), network(withIpam))).exitCode).toBe(0);
    expect(lab.traces()).toEqual([]);
  });

  it('say what the node offers instead', async () => {
    const { json } = await ask(node, environment(), network({ deviceID: 'local9' }));
    expect(json).toMatchObject({ details: `it offers ${offered.map(({ device }) => device).join(', ')}` });
  });

  it.each([
    ['1.0.0', '1.0.0'],
    ['0.2.0', '1.1.0'],
  ])('asked in %s, come in version %s', async (cniVersion, expected) => {
    const { json } = await ask(node, environment(), network({ cniVersion, name: '' }));
    expect(json).toMatchObject({ cniVersion: expected });
  });

  it('5 and 199 are failures of the agent itself', async () => {
    lab.faults.arm({ at: 3, how: 'fail' });
    expect((await ask(node)).json).toMatchObject({ code: cniCodes.io });
    node = cniNode(lab, store, {
      devices: () => {
        throw new Error('a bug');
      },
    });
    expect((await ask(node)).json).toMatchObject({ code: cniCodes.internal, details: 'a bug' });
  });

  it('of the plugin for addresses keep its code, and all is undone', async () => {
    lab.leases.add = () => Promise.reject(new CniError(42, 'IPAM plugin host-local: the range is full'));
    expect((await ask(node, environment(), network(withIpam))).json).toMatchObject({ code: 42 });
    expect(lab.traces()).toEqual([]);
  });
});

describe('DEL', () => {
  it.each([
    ['twice', {}, {}],
    ['without a name space', { CNI_NETNS: '' }, {}],
    ['without a pod', { CNI_ARGS: '' }, {}],
    ['without what only ADD needs, or with what ADD refuses', {}, { deviceID: undefined, mac: 'x', prevResult: 1 }],
    ['of a device that is offered no more', {}, { deviceID: 'local9' }],
  ])('works %s', async (_how, env, config) => {
    const del = () => ask(node, environment({ CNI_COMMAND: 'DEL', ...env }), network({ ...withIpam, ...config }));
    await ask(node, environment(), network(withIpam));
    for (const answer of [await del(), await del()]) expect(answer).toEqual({ exitCode: 0, text: '', json: null });
    expect(lab.traces()).toEqual([]);
  });
});

describe('CHECK', () => {
  const checked = (prevResult: unknown) =>
    ask(node, environment({ CNI_COMMAND: 'CHECK' }), network({ ...withIpam, prevResult }));

  it('says nothing of what is as it was made', async () => {
    const { json } = await ask(node, environment(), network(withIpam));
    expect(await checked(json)).toEqual({ exitCode: 0, text: '', json: null });
  });

  it.each([
    [{ interfaces: [] }, 'it has no interface net1'],
    [{ interfaces: [{ name: 'net1', mac: '02:00:00:00:00:99' }] }, 'its MAC address is 02:00:00:00:00:99'],
    [{ interfaces: [{ name: 'net1' }] }, 'it lacks address 10.1.1.2/24'],
  ])('of %j says: %s', async (prevResult, message) => {
    await ask(node, environment(), network(withIpam));
    const { json } = await checked(prevResult);
    expect(json).toMatchObject({ code: cniCodes.notAsAttached, msg: expect.stringContaining(message) });
  });
});

describe('GC, STATUS and VERSION', () => {
  const latest = (change: Readonly<Record<string, unknown>> = {}) => network({ cniVersion: '1.1.0', ...change });

  it('GC leaves what is valid, by container and interface', async () => {
    await ask(node);
    const gc = (list: unknown) => ask(node, { CNI_COMMAND: 'GC' }, latest({ 'cni.dev/valid-attachments': list }));
    expect((await gc([{ containerID: 'c1', ifname: 'net1' }])).exitCode).toBe(0);
    expect(store.all()).toHaveLength(1);
    expect((await gc([{ containerID: 'c1', ifname: 'net2' }])).exitCode).toBe(0);
    expect(lab.traces()).toEqual([]);
  });

  it.each<[number | null, Partial<CniNode>]>([
    [null, {}],
    [50, { devices: () => [] }],
    [51, { isRunning: () => false }],
  ])('STATUS answers %s', async (code, change) => {
    const { exitCode, json } = await ask(cniNode(lab, store, change), { CNI_COMMAND: 'STATUS' }, latest());
    expect(exitCode).toBe(code === null ? 0 : 1);
    if (code !== null) expect(json).toMatchObject({ code });
  });

  it('VERSION lists what is spoken', async () => {
    const { json } = await ask(node, { CNI_COMMAND: 'VERSION' }, { cniVersion: '0.4.0' });
    expect(json).toEqual({ cniVersion: '0.4.0', supportedVersions: ['0.3.1', '0.4.0', '1.0.0', '1.1.0'] });
  });
});

it('answers anything with a result or an error of the specification', async () => {
  const value = fc.oneof(junk, fc.jsonValue(), fc.constantFrom('net1', 'c1', '1.1.0', '0000:03:00.0'));
  const env = fc.dictionary(
    fc.constantFrom(...Object.keys(environment()), 'PATH', '__proto__'),
    fc.oneof(junk, fc.constantFrom('ADD', 'DEL', 'CHECK', 'GC', 'STATUS', 'VERSION', 'net1')),
  );
  const attachment = fc.record({ containerID: value, ifname: value }, { requiredKeys: [] });
  const asked = fc.record({ mac: value, ips: fc.array(value), CNIDeviceInfoFile: value }, { requiredKeys: [] });
  const ips = fc.array(fc.record({ address: fc.oneof(value, fc.constant('10.1.1.2/24')), interface: value }));
  const fields = {
    ...{ cniVersion: value, name: value, type: value, deviceID: value, pciBusID: value, mac: value },
    ipam: fc.oneof(value, fc.record({ type: value })),
    runtimeConfig: fc.oneof(value, asked),
    args: fc.oneof(value, fc.record({ cni: asked })),
    prevResult: fc.oneof(value, fc.record({ interfaces: fc.array(fc.record({ name: value, mac: value })), ips })),
    'cni.dev/valid-attachments': fc.oneof(value, fc.array(attachment)),
  };
  // A few at a time: what is wrong in one is not to hide what another does.
  const names = fc.subarray(Object.keys(fields) as (keyof typeof fields)[], { maxLength: 3 });
  const config = names.chain((some) => fc.record(Object.fromEntries(some.map((name) => [name, fields[name]]))));
  const done = new Set<string>();
  const openFiles = () => readdirSync('/proc/self/fd').length;
  const before = openFiles();
  await fc.assert(
    fc.asyncProperty(env, fc.oneof(config, junk), fc.boolean(), async (env, stdin, isNear) => {
      const all = isNear ? { ...environment(), ...env } : env;
      const near = isNear && typeof stdin === 'object' ? { ...network(), ...stdin } : stdin;
      const { exitCode, text, json } = await ask(node, all, near);
      if (exitCode === 0) return void done.add(all['CNI_COMMAND'] ?? '');
      expect(json).toMatchObject({ cniVersion: expect.any(String), msg: expect.any(String) });
      const { code } = z.object({ code: z.int() }).parse(json);
      expect(Object.values(cniCodes), text).toContain(code);
      expect(code, text).not.toBe(cniCodes.internal);
    }),
    { numRuns: 1000 },
  );
  // It came as far as that: not everything was refused at once.
  expect([...done]).toEqual(expect.arrayContaining(['ADD', 'DEL', 'VERSION']));
  expect(openFiles()).toBe(before);
  lab.removePod(podUid);
  await store.sweep();
  expect(lab.traces()).toEqual([]);
});
