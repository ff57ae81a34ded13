// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CheckLevel, CheckRow } from '../../src/check/check.ts';
import { checks } from '../../src/check/checks.ts';
import { type NodeCheckFacts, noFacts } from '../../src/check/facts.ts';
import { parseManifests } from '../../src/check/manifests/parse-manifests.ts';
import { readManifests } from '../../src/check/manifests/read-manifests.ts';
import { runChecks } from '../../src/check/run-checks.ts';
import { goodReport, nodeFacts, uplinkNic, virtioNic } from './facts.ts';
import { manifests } from './manifests/parse.ts';

const folder = new URL('../fixtures/manifests/', import.meta.url).pathname;
const good = readFileSync(`${folder}good/stack.yaml`, 'utf8');

const ids = new Set<string>(checks.filter(({ scope }) => scope === 'manifests').map(({ id }) => id));

function rowsOf(text: string, nodes: readonly NodeCheckFacts[] = []): readonly CheckRow[] {
  return runChecks({ ...noFacts, manifests: manifests(text), nodes }).filter(({ id }) => ids.has(id));
}

/** The good stack with something replaced. */
function changed(...replacements: readonly (readonly [from: string, to: string])[]): string {
  return replacements.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the stack has no ${from}`);
    return text.replaceAll(from, to);
  }, good);
}

const notGood = (rows: readonly CheckRow[]) => rows.filter(({ level }) => level === 'warn' || level === 'fail');
const selectors = '[{ "vendors": ["1af4"], "devices": ["1041"], "drivers": ["vfio-pci"] }]';
const args = "[dpdk-l3fwd, -l, '1', -a, '0000:65:00.2', -m, '512', --, -p, '0x1']";
const limits = "limits: { cpu: '1', memory: 64Mi, hugepages-2Mi: 1Gi, vdpactl.io/vdpa: '1' }";
const requests = "requests: { cpu: '1', memory: 64Mi, hugepages-2Mi: 1Gi, vdpactl.io/vdpa: '1' }";
const cni = `'{ "cniVersion": "1.0.0", "name": "vdpa", "type": "vdpa" }'`;
const networks = "{ k8s.v1.cni.cncf.io/networks: 'apps/vdpa@net1' }";
const vhost = (type: string) =>
  changed(
    [`"drivers": ["vfio-pci"]`, `"drivers": ["vp-vdpa"], "vdpaType": "vhost"`],
    ['"type": "vdpa"', `"type": "${type}"`],
  );

const node = (...nics: Parameters<typeof virtioNic>[0][]) =>
  nodeFacts(goodReport({ nics: [uplinkNic(), ...nics.map((nic) => virtioNic(nic))] }));

type Case = [
  id: string,
  what: string,
  text: string,
  level: CheckLevel,
  found: RegExp,
  hint: RegExp,
  line: number | null,
];

const cases: Case[] = [
  ['VDPA-MANIFEST-001', 'a template', `${good}---\nkind: {{ .x }}\n`, 'fail', /./, /render templates/, 50],
  [
    'VDPA-MANIFEST-001',
    'an object without a kind',
    `${good}---\nmetadata: {}\n`,
    'fail',
    /without a kind/,
    /add apiVersion/,
    50,
  ],
  ['VDPA-MANIFEST-001', 'nothing', '# empty\n', 'fail', /no object/, /give it/, null],
  [
    'VDPA-MANIFEST-002',
    'latest',
    changed(['l3fwd:1.2.3', 'l3fwd:latest']),
    'warn',
    /l3fwd:latest$/,
    /version or a digest/,
    38,
  ],
  [
    'VDPA-MANIFEST-002',
    'a port that is no tag',
    changed(['l3fwd:1.2.3', 'l3fwd']),
    'warn',
    /5000\/l3fwd$/,
    /version/,
    38,
  ],
  [
    'VDPA-MANIFEST-003',
    'no handler',
    changed(['{ exec: { command: [/bin/true] } }', '{ periodSeconds: 5 }']),
    'fail',
    /readinessProbe of l3fwd has no handler/,
    /add one/,
    40,
  ],
  [
    'VDPA-MANIFEST-003',
    'two handlers',
    changed(['{ exec: {', '{ grpc: { port: 1 }, exec: {']),
    'fail',
    /exec and grpc/,
    /add one/,
    40,
  ],
  [
    'VDPA-EAL-001',
    'an argument',
    changed([args, "[l3fwd, -w, '0000:65:00.2']"]),
    'fail',
    /container l3fwd: -w$/,
    /^write -a in place of -w$/,
    39,
  ],
  [
    'VDPA-EAL-001',
    'a ConfigMap',
    `${good}---\nkind: ConfigMap\nmetadata: { name: args }\ndata:\n  eal: |\n    -l 1\n    --master-lcore=1\n`,
    'fail',
    /ConfigMap args, eal: --master-lcore/,
    /--main-lcore/,
    55,
  ],
  [
    'VDPA-PATH-002',
    'a path of kubelet',
    changed([args, `[l3fwd, '--vdev=net_virtio_user0,path=/${'x'.repeat(107)},queues=1']`]),
    'fail',
    /container l3fwd: a socket path of 108 bytes/,
    /at least 1 bytes shorter/,
    39,
  ],
  [
    'VDPA-POOL-001',
    'a comma too many',
    changed([`${selectors}\n`, `${selectors},\n`]),
    'fail',
    /device-plugin, config\.json: .*JSON/,
    /correct the JSON/,
    13,
  ],
  [
    'VDPA-POOL-001',
    'no pool',
    changed(['"resourceList": [', '"resourceList": [], "x": [']),
    'fail',
    /no pool/,
    /resourceList/,
    7,
  ],
  [
    'VDPA-POOL-002',
    'a selector that is misspelt',
    changed(['"drivers"', '"driver"']),
    'fail',
    /"driver" is no selector of netDevice, and is ignored/,
    /^write drivers$/,
    12,
  ],
  [
    'VDPA-POOL-002',
    'a key that is misspelt',
    changed(['"resourcePrefix"', '"resourcePrefx"']),
    'fail',
    /"resourcePrefx" is no key of a pool/,
    /^write resourcePrefix$/,
    11,
  ],
  [
    'VDPA-POOL-002',
    'a selector of another type of pool',
    changed(['"selectors"', '"deviceType": "accelerator", "selectors"'], ['"drivers"', '"pfNames"']),
    'fail',
    /no selector of accelerator/,
    /the keys are|write/,
    12,
  ],
  [
    'VDPA-POOL-003',
    'none',
    changed([`"selectors": ${selectors}`, '"excludeTopology": true']),
    'fail',
    /does not survive/,
    /vendors, devices and drivers/,
    9,
  ],
  ['VDPA-POOL-003', 'empty ones', changed([selectors, '[{}]']), 'fail', /empty, so that it takes every/, /vendors/, 12],
  ['VDPA-POOL-003', 'text', changed([selectors, '"all"']), 'fail', /no object/, /vendors/, 12],
  [
    'VDPA-POOL-004',
    'a name with a slash',
    changed(['"resourceName": "vdpa"', '"resourceName": "a/b"']),
    'fail',
    /"a\/b" is no resource name/,
    /resourcePrefix/,
    10,
  ],
  [
    'VDPA-POOL-004',
    'a hyphen',
    changed(['"resourceName": "vdpa"', '"resourceName": "v-dpa"']),
    'warn',
    /PCIDEVICE_VDPACTL_IO_V-DPA/,
    /use _/,
    10,
  ],
  [
    'VDPA-POOL-004',
    'a name that is there twice',
    changed([
      `${selectors}\n        }`,
      `${selectors}\n        }, { "resourceName": "vdpa", "resourcePrefix": "vdpactl.io", "selectors": { "drivers": ["x"] } }`,
    ]),
    'fail',
    /vdpactl\.io\/vdpa is there twice/,
    /one pool/,
    13,
  ],
  [
    'VDPA-POOL-005',
    'isRdma with vdpaType',
    changed(['"drivers"', '"isRdma": true, "vdpaType": "vhost", "drivers"']),
    'fail',
    /isRdma with vdpaType/,
    /two pools/,
    12,
  ],
  [
    'VDPA-POOL-005',
    'vdpaType of subfunctions',
    changed(
      ['"selectors"', '"deviceType": "auxNetDevice", "selectors"'],
      ['"drivers"', '"vdpaType": "vhost", "drivers"'],
    ),
    'fail',
    /deviceType auxNetDevice/,
    /leave deviceType out/,
    12,
  ],
  [
    'VDPA-POOL-005',
    'another vdpaType',
    changed(['"drivers"', '"vdpaType": "kernel", "drivers"']),
    'fail',
    /"kernel"/,
    /vhost.*virtio/,
    12,
  ],
  [
    'VDPA-POOL-007',
    'the same selectors',
    changed([`${selectors}\n        }`, `${selectors}\n        }, { "resourceName": "b", "selectors": ${selectors} }`]),
    'warn',
    /intel\.com\/b .*always empty/,
    /exclude each other/,
    13,
  ],
  ['VDPA-POOL-008', 'no driver', changed([', "drivers": ["vfio-pci"]', '']), 'warn', /may have one/, /add drivers/, 12],
  [
    'VDPA-POOL-009',
    '0x before an id',
    changed([`["1af4"]`, `["0x1AF4"]`]),
    'fail',
    /"0x1AF4" in vendors selects nothing/,
    /^write 1af4$/,
    12,
  ],
  [
    'VDPA-POOL-009',
    'a number',
    changed([`["1041"]`, `[1041]`]),
    'fail',
    /"1041" in devices selects nothing/,
    /quotes/,
    12,
  ],
  [
    'VDPA-POOL-009',
    'text in place of a list',
    changed([`["1041"]`, `"1041"`]),
    'fail',
    /devices is no list/,
    /list of texts/,
    12,
  ],
  [
    'VDPA-POOL-009',
    'a module in place of a driver',
    changed([`["vfio-pci"]`, `["vfio_pci"]`]),
    'fail',
    /"vfio_pci" in drivers/,
    /^write vfio-pci$/,
    12,
  ],
  [
    'VDPA-POOL-009',
    'an address without domain',
    changed([`"drivers"`, `"pciAddresses": ["65:00.2"], "drivers"`]),
    'fail',
    /"65:00\.2" in pciAddresses/,
    /^write 0000:65:00\.2$/,
    12,
  ],
  [
    'VDPA-POOL-009',
    'a range that is none',
    changed([`"drivers"`, `"pfNames": ["ens1f0#a-b"], "drivers"`]),
    'fail',
    /pfNames/,
    /name#0,2-7/,
    12,
  ],
  [
    'VDPA-POOL-009',
    'another type of device',
    changed([`"selectors"`, `"deviceType": "netdevice", "selectors"`]),
    'fail',
    /"netdevice" is no deviceType/,
    /^write netDevice$/,
    12,
  ],
  [
    'VDPA-NETWORK-001',
    'a comma too many',
    changed([cni, `'{ "type": "vdpa", }'`]),
    'fail',
    /^vdpa: .*JSON/,
    /correct the JSON/,
    24,
  ],
  ['VDPA-NETWORK-001', 'no type', changed([cni, `'{ "name": "vdpa" }'`]), 'fail', /no type/, /add "type"/, 24],
  [
    'VDPA-NETWORK-001',
    'a plugin without type',
    changed([cni, `'{ "plugins": [{ "type": "vdpa" }, {}] }'`]),
    'fail',
    /no type/,
    /add "type"/,
    24,
  ],
  ['VDPA-NETWORK-002', 'sriov-cni for vhost-vdpa', vhost('sriov'), 'fail', /taken back in 2021/, /"type": "vdpa"/, 24],
  ['VDPA-NETWORK-002', 'host-device for vhost-vdpa', vhost('host-device'), 'fail', /uio/, /"type": "vdpa"/, 24],
  ['VDPA-NETWORK-002', 'a plugin that nobody knows', vhost('mine'), 'warn', /not known to take/, /"type": "vdpa"/, 24],
  ['VDPA-NETWORK-002', 'ovs without device info', vhost('ovs'), 'fail', /does not tell ovs/, /CNIDeviceInfoFile/, 24],
  [
    'VDPA-NETWORK-002',
    'no resource',
    changed(['k8s.v1.cni.cncf.io/resourceName: vdpactl.io/vdpa', 'other: x']),
    'fail',
    /never gets a device/,
    /add the annotation/,
    17,
  ],
  [
    'VDPA-NETWORK-003',
    'a resource of no pool',
    changed(['resourceName: vdpactl.io/vdpa', 'resourceName: intel.com/vdpa']),
    'fail',
    /no pool offers "intel\.com\/vdpa"/,
    /prefix included/,
    22,
  ],
  [
    'VDPA-NETWORK-004',
    'a pool of no network',
    changed(['resourceName: vdpactl.io/vdpa', 'resourceName: vdpactl.io/b']),
    'warn',
    /no network names vdpactl\.io\/vdpa/,
    /NetworkAttachmentDefinition/,
    10,
  ],
  [
    'VDPA-POD-001',
    'a network of another namespace',
    changed(['apps/vdpa@net1', 'other/vdpa']),
    'fail',
    /there is no other\/vdpa/,
    /it is in apps: write apps\/vdpa/,
    34,
  ],
  [
    'VDPA-POD-001',
    'a network by its name alone, from another namespace',
    changed(['apps/vdpa@net1', 'vdpa'], ['{ name: l3fwd, namespace: apps }', '{ name: l3fwd }']),
    'fail',
    /there is no default\/vdpa/,
    /apps\/vdpa/,
    34,
  ],
  [
    'VDPA-POD-001',
    'an annotation that is wrong',
    changed(['apps/vdpa@net1', 'a/b/c']),
    'fail',
    /is no namespace\/name@interface/,
    /with commas/,
    34,
  ],
  [
    'VDPA-POD-001',
    'a network that the cluster may have',
    good.slice(good.lastIndexOf('---')),
    'warn',
    /among the manifests/,
    /the cluster has it/,
    10,
  ],
  [
    'VDPA-POD-002',
    'no request',
    changed([", vdpactl.io/vdpa: '1'", '']),
    'fail',
    /asks for 0 of vdpactl\.io\/vdpa, and its networks need 1/,
    /"1" to the limits/,
    34,
  ],
  [
    'VDPA-POD-002',
    'one request for two networks',
    changed(['apps/vdpa@net1', 'vdpa,apps/vdpa']),
    'fail',
    /asks for 1 .* need 2/,
    /"2"/,
    34,
  ],
  [
    'VDPA-POD-003',
    'a resource of no pool',
    changed([", vdpactl.io/vdpa: '1'", ", vdpactl.io/other: '1'"]),
    'fail',
    /no pool offers vdpactl\.io\/other/,
    /the pools offer: vdpactl\.io\/vdpa/,
    43,
  ],
  [
    'VDPA-POD-003',
    'no network of it',
    changed([networks, '{}']),
    'warn',
    /no network of it attaches vdpactl\.io\/vdpa/,
    /networks: apps\/vdpa/,
    43,
  ],
  [
    'VDPA-POD-004',
    'privileged',
    changed(['args: [', 'securityContext: { privileged: true }\n          args: [']),
    'warn',
    /container l3fwd is privileged/,
    /IPC_LOCK/,
    39,
  ],
  [
    'VDPA-POD-004',
    "the host's network",
    changed(['    spec:\n      containers:', '    spec:\n      hostNetwork: true\n      containers:']),
    'warn',
    /network of the host/,
    /hostNetwork/,
    36,
  ],
  [
    'VDPA-POD-005',
    'a path of the host',
    changed(['emptyDir: {}', 'hostPath: { path: /run/vdpa/ }']),
    'warn',
    /mounts \/run\/vdpa\/ of the host/,
    /emptyDir/,
    47,
  ],
  [
    'VDPA-POD-006',
    'no limit',
    changed([', hugepages-2Mi: 1Gi', '']),
    'fail',
    /no container has a limit/,
    /add hugepages-2Mi/,
    48,
  ],
  [
    'VDPA-POD-006',
    'a limit of exactly what is taken',
    changed(["'512'", "'1024'"]),
    'warn',
    /takes 1024 MiB of 1024.*no headroom/,
    /raise hugepages-2Mi/,
    41,
  ],
  [
    'VDPA-POD-006',
    'less than what is taken',
    changed(["'512'", "'2048'"]),
    'fail',
    /takes 2048 MiB of 1024$/,
    /raise/,
    41,
  ],
  [
    'VDPA-POD-006',
    'another request than limit',
    changed([requests, requests.replace('1Gi', '512Mi')]),
    'fail',
    /512Mi requested with the limit 1Gi/,
    /the same/,
    41,
  ],
  [
    'VDPA-POD-006',
    'neither CPU nor memory',
    changed(
      [requests, requests.replace("cpu: '1', memory: 64Mi, ", '')],
      [limits, limits.replace("cpu: '1', memory: 64Mi, ", '')],
    ),
    'fail',
    /neither for CPU nor memory/,
    /refuses/,
    41,
  ],
];

describe('each check of manifests', () => {
  it('is content with a stack in which nothing is wrong', () => {
    const rows = rowsOf(good, [node({})]);
    expect(rows.map(({ id, level }) => `${id} ${level}`)).toEqual([...ids].map((id) => `${id} pass`));
  });

  it.each(cases)('%s finds %s', (id, _what, text, level, found, hint, line) => {
    const [row, ...more] = notGood(rowsOf(text).filter((candidate) => candidate.id === id));
    expect(more).toEqual([]);
    expect(row).toMatchObject({
      level,
      node: null,
      found: expect.stringMatching(found),
      hint: expect.stringMatching(hint),
      where: line === null ? null : `m.yaml:${line}`,
    });
  });

  it('has a case here, or below with nodes', () => {
    expect([...ids].filter((id) => !cases.some(([judged]) => judged === id))).toEqual(['VDPA-POOL-006']);
  });

  it('notes DPDK options that are on their way out, and lets them pass', () => {
    const text = changed([args, "[dpdk-l3fwd, -c, '0x2', --socket-mem, '512']"]);
    expect(rowsOf(text).find(({ id }) => id === 'VDPA-EAL-001')).toMatchObject({
      level: 'pass',
      found: expect.stringMatching(/-c is still taken.*--socket-mem is still taken/),
    });
  });

  it('gets on with the other manifests when one cannot be read', () => {
    const rows = notGood(rowsOf(`${changed(['"drivers"', '"driver"'])}---\nkind: "x\n`));
    expect(new Set(rows.map(({ id }) => id))).toEqual(new Set(['VDPA-MANIFEST-001', 'VDPA-POOL-002', 'VDPA-POOL-008']));
  });
});

describe('pools and the nodes that are given along', () => {
  const row = (id: string, text: string, ...nodes: NodeCheckFacts[]) =>
    rowsOf(text, nodes).find((candidate) => candidate.id === id);

  it('fails for a pool that is empty on all nodes', () => {
    const elsewhere = node({ driver: 'virtio-pci', device: '1000' });
    expect(row('VDPA-POOL-006', good, elsewhere, elsewhere)).toMatchObject({
      level: 'fail',
      found: expect.stringMatching(/^vdpactl\.io\/vdpa is empty on node-1/),
      where: 'm.yaml:9',
    });
    expect(row('VDPA-POOL-006', good, elsewhere, node({}))).toMatchObject({ level: 'pass' });
    const unprepared = nodeFacts(goodReport({ nics: [virtioNic({ driver: 'virtio-pci' })] }), { backend: 'testpmd' });
    expect(row('VDPA-POOL-006', good, unprepared)).toMatchObject({
      level: 'warn',
      found: expect.stringMatching(/until they are prepared/),
    });
    expect(row('VDPA-POOL-006', good)).toMatchObject({ level: 'skip' });
  });

  it('warns of a device that two pools select', () => {
    const second = `{ "resourceName": "b", "selectors": { "drivers": ["vfio-pci"] } }`;
    const text = changed([`${selectors}\n        }`, `${selectors}\n        }, ${second}`]);
    expect(row('VDPA-POOL-007', text)).toMatchObject({ level: 'pass' });
    expect(row('VDPA-POOL-007', text, node({}))).toMatchObject({
      level: 'warn',
      found: expect.stringMatching(/intel\.com\/b and vdpactl\.io\/vdpa both select 0000:00:07\.0 of node-1/),
    });
  });

  it('fails for a pool that has an uplink', () => {
    const text = changed([', "drivers": ["vfio-pci"]', '']);
    expect(row('VDPA-POOL-008', text, node({}))).toMatchObject({
      level: 'fail',
      found: 'vdpactl.io/vdpa has the uplink 0000:00:05.0 of node-1',
      where: 'm.yaml:12',
    });
  });
});

it('lets nothing in a manifest command the terminal', () => {
  const text = changed(['l3fwd:1.2.3', '"x\\u001b[31m:latest"'], ['registry.example.com:5000/', '']);
  const rows = notGood(rowsOf(text));
  expect(rows.map(({ found }) => found)).toEqual([expect.stringContaining('has x\\u001b[31m:latest')]);
});

it('takes the prefix of resources from the arguments of the device plugin', () => {
  const plugin = `---\nkind: DaemonSet\nspec: { template: { spec: { containers: [{ image: 'p:1', args: [--resource-prefix=vdpactl.io] }] } } }\n`;
  const text = changed(['"resourcePrefix": "vdpactl.io",', '']);
  expect(notGood(rowsOf(text)).map(({ id }) => id)).toContain('VDPA-NETWORK-003');
  expect(notGood(rowsOf(text + plugin))).toEqual([]);
});

it('finds what the demo of 2019 stumbled over', async () => {
  const facts = { ...noFacts, manifests: parseManifests(await readManifests(['demo-2019'], folder, [])) };
  const shown = notGood(runChecks(facts)).map(({ id, level, where }) => `${level} ${id} ${where}`);
  expect(shown).toEqual([
    'warn VDPA-MANIFEST-002 demo-2019/daemon-set.yaml:16',
    'warn VDPA-MANIFEST-002 demo-2019/seawreck-pod.yaml:11',
    'fail VDPA-MANIFEST-003 demo-2019/daemon-set.yaml:26',
    'fail VDPA-EAL-001 demo-2019/daemon-set.yaml:24',
    'fail VDPA-EAL-001 demo-2019/seawreck-pod.yaml:17',
    'fail VDPA-POOL-002 demo-2019/config-map.yaml:24',
    'warn VDPA-POOL-007 demo-2019/config-map.yaml:29',
    'warn VDPA-POOL-007 demo-2019/config-map.yaml:29',
    'warn VDPA-POOL-008 demo-2019/config-map.yaml:21',
    'fail VDPA-NETWORK-003 demo-2019/networks.yaml:30',
    'warn VDPA-NETWORK-004 demo-2019/config-map.yaml:28',
    // The pod of seawreck has neither network nor pool.
    'fail VDPA-POD-001 demo-2019/seawreck-pod.yaml:7',
    'fail VDPA-POD-003 demo-2019/seawreck-pod.yaml:20',
    'warn VDPA-POD-004 demo-2019/seawreck-pod.yaml:14',
    'warn VDPA-POD-005 demo-2019/seawreck-pod.yaml:26',
    'warn VDPA-POD-006 demo-2019/seawreck-pod.yaml:41',
  ]);
});
