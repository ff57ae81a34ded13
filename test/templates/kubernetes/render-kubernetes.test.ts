// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BackendName } from '../../../src/backends/fit/fit.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { valueAt } from '../../../src/config/plain-data.ts';
import type { NodeReport } from '../../../src/platform/node-report.ts';
import { decide } from '../../../src/providers/decide.ts';
import type { KubernetesObject, KubernetesStack } from '../../../src/templates/kubernetes/kubernetes-object.ts';
import { renderKubernetes } from '../../../src/templates/kubernetes/render-kubernetes.ts';
import {
  alibabaNode,
  awsNode,
  connectxNode,
  igbNode,
  localNode,
  vduseNode,
  vfioModules,
  vhostVdpaModules,
  withIommu,
} from '../../fixtures/cluster-nodes.ts';
import { randomNicsConfig, randomNode } from './device-plugin/random-nodes.ts';
import { objectsOf, renderNodes } from './render.ts';

const every: readonly NodeReport[] = [
  awsNode('aws-1'),
  alibabaNode('ecs-1', vhostVdpaModules, withIommu),
  alibabaNode('ecs-2', vfioModules),
  igbNode('metal-1'),
  connectxNode('metal-2'),
  vduseNode('metal-3'),
  localNode('laptop'),
];
const bothWorkloads = { kubernetes: { workloads: ['l3fwd', 'seawreck'] } };
const labelPattern = /^(?:[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)?$/;

const podOf = (object: KubernetesObject): unknown =>
  object.kind === 'CronJob'
    ? valueAt(object, ['spec', 'jobTemplate', 'spec', 'template'])
    : valueAt(object, ['spec', 'template']);
const named = (stack: KubernetesStack, kind: string, name: RegExp): KubernetesObject => {
  const [object, ...more] = objectsOf(stack, kind, name);
  if (object === undefined || more.length > 0) throw new Error(`${more.length + 1} objects ${kind} ${name}`);
  return object;
};

describe('the stack of a cluster', () => {
  it('is the same whatever the order of its nodes', () => {
    const expected = JSON.stringify(renderNodes(every));
    fc.assert(
      fc.property(fc.shuffledSubarray([...every], { minLength: every.length }), (nodes) => {
        expect(JSON.stringify(renderNodes(nodes))).toBe(expected);
      }),
    );
  });

  it('has names and labels that Kubernetes takes, each object once, and nothing before what it needs', () => {
    const cluster = fc.tuple(randomNode('a'), randomNode('b.example.com'), randomNode('c'));
    fc.assert(
      fc.property(cluster, randomNicsConfig, (reports, change) => {
        const { objects, nodeLabels } = renderNodes(reports, change);
        const keys = objects.map(({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}`);
        expect(new Set(keys).size).toBe(keys.length);
        for (const { metadata } of objects) {
          expect(metadata.name).toMatch(/^[a-z0-9](?:[-a-z0-9.]{0,61}[a-z0-9])?$/);
          for (const value of Object.values(metadata.labels)) expect(value).toMatch(labelPattern);
        }
        expect(nodeLabels.map(({ node }) => node)).toEqual(['a', 'b.example.com', 'c']);
        for (const { labels } of nodeLabels)
          for (const value of Object.values(labels)) expect(value).toMatch(labelPattern);
        const order = [
          'Namespace',
          'CustomResourceDefinition',
          'ServiceAccount',
          'ConfigMap',
          'DaemonSet',
          'NetworkAttachmentDefinition',
          'Deployment',
        ];
        const kinds = objects.map(({ kind }) => order.indexOf(kind)).filter((index) => index >= 0);
        expect(kinds.filter((kind, index) => kind < (kinds[index - 1] ?? 0) && kind !== 3)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('has one DaemonSet for each set and class of nodes, and every label finds its own', () => {
    const stack = renderNodes(every);
    const selectors = objectsOf(stack, 'DaemonSet').map((object) => valueAt(podOf(object), ['spec', 'nodeSelector']));
    for (const { node, labels } of stack.nodeLabels) {
      const own = selectors.filter((selector) =>
        Object.entries(selector ?? {}).every(([key, value]) => key === 'kubernetes.io/os' || labels[key] === value),
      );
      const expected =
        2 + Number(labels['vdpactl.io/device-set'] !== 'agent') + Number(labels['vdpactl.io/backend'] !== 'none');
      expect([node, own.length]).toEqual([node, expected]);
    }
  });

  it('does without what nobody needs', () => {
    const names = (nodes: readonly NodeReport[]) =>
      renderNodes(nodes)
        .objects.map(({ metadata }) => metadata.name)
        .join(' ');
    expect(names([vduseNode('a')])).not.toMatch(/device-plugin|vdpactl-backend-/);
    expect(names([localNode('a')])).not.toMatch(/device-plugin/);
    expect(names([])).not.toMatch(/device-plugin|vdpactl-backend-/);
  });
});

describe('Multus', () => {
  const withMultus = vduseNode('a', { cni: { configFiles: [], multus: 'thin' } });
  it.each<[string, NodeReport[], object, boolean]>([
    ['auto, there is none', [vduseNode('a')], {}, true],
    ['auto, one node has it', [withMultus, vduseNode('b')], {}, false],
    ['present', [vduseNode('a')], { kubernetes: { multus: 'present' } }, false],
    ['install', [withMultus], { kubernetes: { multus: 'install' } }, true],
  ])('with %s: installed %4$s', (_what, nodes, config, installed) => {
    const kinds = renderNodes(nodes, config).objects.map(({ kind }) => kind);
    expect(kinds.includes('CustomResourceDefinition')).toBe(installed);
    expect(kinds.includes('ClusterRole')).toBe(installed);
    expect(kinds).toContain('NetworkAttachmentDefinition');
  });
});

describe('workloads', () => {
  it('have the same manifest whatever the nodes', () => {
    const workloads = (nodes: readonly NodeReport[]) =>
      renderNodes(nodes, bothWorkloads).objects.filter(({ metadata }) => metadata.namespace === 'vdpactl-workloads');
    const expected = workloads([awsNode('a')]);
    expect(expected.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'NetworkAttachmentDefinition vdpa',
      'Deployment l3fwd',
      'Deployment httpd',
      'CronJob seawreck',
    ]);
    for (const node of every) expect(workloads([node])).toEqual(expected);
  });

  it('need nothing of the host, and Pod Security restricted lets them in', () => {
    const pods = renderNodes(every, bothWorkloads)
      .objects.filter(({ kind }) => kind === 'Deployment' || kind === 'CronJob')
      .map((object) => valueAt(podOf(object), ['spec']));
    expect(pods).toHaveLength(3);
    for (const pod of pods) {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
            },
            resources: { limits: { 'vdpactl.io/vdpa': '1', 'hugepages-2Mi': '1Gi' } },
            volumeMounts: [{ name: 'vdpa', mountPath: '/var/run/vdpa' }, { name: 'tmp' }],
          },
        ],
        volumes: [{ name: 'vdpa', emptyDir: {} }, { name: 'tmp' }],
      });
      expect(Object.keys(pod ?? {})).not.toEqual(expect.arrayContaining([expect.stringMatching(/^host/)]));
    }
  });

  it('get whole huge pages of the configured size', () => {
    const memory = { pageSizeKiB: 1048576, workloadMiB: 1500, backendMiB: 100 };
    const stack = renderNodes([igbNode('a')], { memory });
    const resources = (object: KubernetesObject) =>
      valueAt(podOf(object), ['spec', 'containers', 0, 'resources', 'limits']);
    expect(resources(named(stack, 'Deployment', /l3fwd/))).toMatchObject({ 'hugepages-1Gi': '2Gi' });
    expect(resources(named(stack, 'DaemonSet', /backend/))).toMatchObject({ 'hugepages-1Gi': '2Gi' });
  });
});

describe('the parts of a node', () => {
  const templates = (config: object) =>
    new Map(objectsOf(renderNodes(every, config), 'DaemonSet').map((object) => [object.metadata.name, podOf(object)]));

  it('restart when, and only when, what they read changes', () => {
    const before = templates({});
    const changed = (config: object) =>
      [...templates(config)].flatMap(([name, pod]) =>
        JSON.stringify(pod) === JSON.stringify(before.get(name)) ? [] : [name],
      );
    expect(changed({ bench: { trials: 9 }, kubernetes: { workloads: ['seawreck'] } })).toEqual([]);
    // What prepares nodes reads it, and the device plugin has to look again afterwards.
    expect(changed({ memory: { workloadMiB: 512 } }).join(' ')).toMatch(
      /^vdpactl-agent(?: vdpactl-device-plugin-[-a-z0-9]+)+$/,
    );
    expect(changed({ nics: { driver: 'uio_pci_generic', noIommu: 'allow' } })).toEqual(
      expect.arrayContaining(['vdpactl-agent', expect.stringMatching(/^vdpactl-device-plugin-/)]),
    );
    expect(changed({ nics: { driver: 'uio_pci_generic', noIommu: 'allow' } }).join(' ')).not.toMatch(
      /vdpactl-backend|multus/,
    );
  });

  it('decide by the config that the stack was rendered with', async () => {
    const given = {
      provider: 'baremetal',
      nics: { exclude: ['8086:10ca'], virtualFunctions: 4 },
      memory: { backendMiB: 512 },
    };
    const stack = renderNodes([connectxNode('a')], given);
    const text = String(valueAt(named(stack, 'ConfigMap', /^vdpactl-config$/), ['data', 'vdpactl.yaml']));
    const folder = mkdtempSync(join(tmpdir(), 'vdpactl-render-'));
    try {
      writeFileSync(join(folder, 'vdpactl.yaml'), text);
      const { config } = await loadConfig({ path: null, cwd: folder });
      expect(config).toEqual(configSchema.parse(given));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('have no right in the cluster, except for Multus', () => {
    const stack = renderNodes(every);
    for (const object of objectsOf(stack, 'ServiceAccount')) expect(object['automountServiceAccountToken']).toBe(false);
    const withToken = objectsOf(stack, 'DaemonSet').filter(
      (object) => valueAt(podOf(object), ['spec', 'automountServiceAccountToken']) !== false,
    );
    expect(withToken.map(({ metadata }) => metadata.name)).toEqual(['vdpactl-multus']);
    const subjects = objectsOf(stack, 'ClusterRoleBinding').map((object) => valueAt(object, ['subjects']));
    expect(subjects).toEqual([[{ kind: 'ServiceAccount', name: 'vdpactl-multus', namespace: 'vdpactl-system' }]]);
    expect(JSON.stringify(objectsOf(stack, 'ClusterRole'))).not.toMatch(/"\*"|secrets|delete/);
  });

  it('mount of the host only what is told the type of, under the name that is mounted', () => {
    for (const object of objectsOf(renderNodes(every), 'DaemonSet')) {
      const pod = JSON.parse(JSON.stringify(valueAt(podOf(object), ['spec'])));
      const volumes = pod.volumes.map(({ name }: { name: string }) => name);
      expect(new Set(volumes).size).toBe(volumes.length);
      for (const { hostPath } of pod.volumes) if (hostPath !== undefined) expect(hostPath.type).toMatch(/^Directory/);
      const mounted = [...(pod.initContainers ?? []), ...pod.containers].flatMap(({ volumeMounts }) =>
        volumeMounts.map(({ name }: { name: string }) => name),
      );
      expect([...new Set(mounted)].sort()).toEqual([...volumes].sort());
    }
  });

  it('come from the registry that is configured', () => {
    const images = { registry: 'registry.example.com:5000/mirror/', pullSecrets: ['b', 'a'] };
    const text = JSON.stringify(renderNodes([awsNode('a')], { kubernetes: { images } }));
    expect([...new Set(text.match(/(?<="image":")[^"]+/g))].sort()).toEqual([
      'registry.example.com:5000/mirror/k8snetworkplumbingwg/multus-cni:v4.3.0-thick',
      'registry.example.com:5000/mirror/k8snetworkplumbingwg/sriov-network-device-plugin:v3.11.0',
      'registry.example.com:5000/mirror/vdpactl/l3fwd:0.1.0',
      'registry.example.com:5000/mirror/vdpactl/node:0.1.0',
    ]);
    expect(text).toContain('"imagePullSecrets":[{"name":"a"},{"name":"b"}]');
  });

  it('run where the config says', () => {
    const kubernetes = { nodeSelector: ['b=', 'a.example.com/x=y'], tolerateAll: true };
    const pod = podOf(named(renderNodes([], { kubernetes }), 'DaemonSet', /agent/));
    expect(valueAt(pod, ['spec'])).toMatchObject({
      nodeSelector: { 'kubernetes.io/os': 'linux', 'a.example.com/x': 'y', b: '' },
      tolerations: [{ operator: 'Exists' }],
    });
  });

  it('ask for no more CPUs than the node can spare', () => {
    const label = (node: NodeReport, config: object) =>
      renderNodes([node], config).nodeLabels[0]?.labels['vdpactl.io/backend'];
    const cpus = (online: number[]) => ({ cpus: { online, isolated: [], numaNodes: 1, byNumaNode: [] } });
    expect(label(localNode('a', cpus([0, 1])), { local: { devices: 4 } })).toBe('500mcpu-512mi');
    expect(label(localNode('a', cpus([0])), {})).toBe('500mcpu-128mi');
    expect(label(localNode('a', cpus([0, 1, 2, 3])), { local: { devices: 4 } })).toBe('2cpu-512mi');
    expect(label(localNode('a', cpus([0, 1, 2, 3, 4, 5])), { local: { devices: 4 } })).toBe('4cpu-512mi');
    // DPDK's vDPA daemon forwards nothing itself.
    expect(label(connectxNode('a', '0000:65:00.1', cpus([0, 1, 2, 3, 4, 5])), {})).toBe('1cpu-256mi');
  });
});

describe('backends', () => {
  it('may take memory for as many processes as there are devices, and for their memif', () => {
    for (const devices of [1, 16]) {
      const { objects } = renderNodes([localNode('a')], { local: { devices } });
      const backend = objects.find(({ metadata }) => metadata.name.startsWith('vdpactl-backend-'));
      expect(JSON.stringify(backend)).toContain(devices === 1 ? '"memory":"640Mi"' : '"memory":"2560Mi"');
    }
  });
});

describe('devices that are yet to come', () => {
  const label = (nodes: NodeReport[], roomFor: number, config: object = {}) =>
    renderNodes(nodes, { ...config, nics: { roomFor } }).nodeLabels[0]?.labels['vdpactl.io/backend'];
  const cpus = { cpus: { online: [0, 1, 2, 3, 4, 5], isolated: [], numaNodes: 1, byNumaNode: [] } };

  it('have room in the backends, who then are the same when they have come', () => {
    const now = awsNode('a', cpus);
    const more = now.nics.slice(-1).map((nic) => ({ ...nic, pciAddress: '0000:00:07.0', netdevs: ['ens7'] }));
    const then = { ...now, nics: [...now.nics, ...more] };
    expect(label([now], 0)).toBe('1cpu-256mi');
    expect(label([now], 2)).toBe('2cpu-512mi');
    expect(label([then], 2)).toBe('2cpu-512mi');
    expect(label([then], 1)).toBe('2cpu-512mi');
  });

  it('get none where nothing would need it', () => {
    expect(label([vduseNode('a')], 2)).toBe('none');
    expect(label([localNode('a', cpus)], 4, { local: { devices: 1 } })).toBe('1cpu-128mi');
  });
});

describe('a stack is refused', () => {
  const code = (nodes: readonly NodeReport[], config: object = {}) => {
    try {
      renderNodes(nodes, config);
    } catch (error) {
      return error;
    }
    return null;
  };

  it.each<[string, NodeReport[], object, object]>([
    [
      'a node without a name',
      [awsNode('a'), { ...awsNode('b'), node: { ...awsNode('b').node, name: null } }],
      {},
      { where: 'report 2 of 2' },
    ],
    ['a name that no node has', [awsNode('a; rm -rf /')], {}, { where: 'report 1 of 1' }],
    ['two nodes of one name', [awsNode('Node'), awsNode('node')], {}, { where: 'node' }],
    [
      'one namespace for two',
      [],
      { kubernetes: { namespace: 'x', workloadNamespace: 'x' } },
      { where: 'kubernetes.workloadNamespace' },
    ],
  ])('for %s', (_what, nodes, config, details) => {
    expect(code(nodes, config)).toMatchObject({ code: 'VDPA-RENDER-001', ...details });
  });

  it.each<[string, NodeReport, string]>([
    ['shares its driver', connectxNode('a'), '0000:65:00.0'],
    ['would be bound anew', awsNode('a'), '0000:00:05.0'],
  ])('for a decision that takes an uplink, which %s', (_what, report, pciAddress) => {
    const config = configSchema.parse({});
    const decision = decide(report, config);
    const devices = decision.devices.map((device) => ({ ...device, pciAddress }));
    expect(() => renderKubernetes({ nodes: [{ report, decision: { ...decision, devices } }], config })).toThrow(
      expect.objectContaining({ code: 'VDPA-UPLINK-001', where: pciAddress }),
    );
  });

  it('for a socket path that is too long, where there is a socket', () => {
    const config = configSchema.parse({});
    const report = localNode('a');
    const decision = decide(report, config);
    const devices = decision.devices.map((device) => ({ ...device, pciAddress: 'v'.repeat(90) }));
    const render = (backend: BackendName) => () =>
      renderKubernetes({ nodes: [{ report, decision: { ...decision, backend, devices } }], config });
    expect(render('vhost-vdpa')).not.toThrow();
    expect(render('testpmd')).toThrow(
      expect.objectContaining({ code: 'VDPA-PATH-001', where: `/var/run/vdpa/dev/${'v'.repeat(90)}/vhost.sock` }),
    );
  });

  it('not for a namespace that Kubernetes has: it is used as it is', () => {
    const namespaces = objectsOf(
      renderNodes([], { kubernetes: { namespace: 'kube-system', workloadNamespace: 'default' } }),
      'Namespace',
    );
    expect(namespaces).toEqual([]);
  });
});
