// SPDX-License-Identifier: Apache-2.0
import { isRecord } from '../../config/plain-data.ts';
import { quoted } from '../../config/printable.ts';
import { type Check, type Finding, fail, orPass, skip, warn } from '../check.ts';
import { type Network, networksIn, resourceAnnotation } from '../manifests/networks.ts';
import { allPools } from '../manifests/pools.ts';
import { counted, listed } from '../node-words.ts';

const noNetwork = 'no NetworkAttachmentDefinition is among the manifests';
const annotationPath = ['metadata', 'annotations', resourceAnnotation] as const;

/** CNI plugins that are known not to take a /dev/vhost-vdpa-N, and why. */
const withoutVhostVdpa: Readonly<Record<string, string>> = {
  sriov: 'sriov-cni takes interfaces, vfio-pci and uio; its support of vhost-vdpa was taken back in 2021',
  'host-device': 'host-device takes interfaces, vfio-pci and uio',
  'accelerated-bridge': 'accelerated-bridge-cni knows no vDPA',
  userspace: 'userspace-cni knows the engines vpp and ovs-dpdk only',
  ipvlan: 'ipvlan makes an interface and takes no device',
  macvlan: 'macvlan makes an interface and takes no device',
  bridge: 'bridge makes an interface and takes no device',
};
const withVhostVdpa = ['vdpa', 'ovs'];
/** Plugins that do nothing without the device that Multus hands them. */
const needDevice = ['vdpa', 'sriov', 'accelerated-bridge', 'ib-sriov'];

export const networkObjectChecks: readonly Check[] = [
  {
    id: 'VDPA-NETWORK-001',
    category: 'networks',
    title: 'the CNI configuration of each network is valid',
    scope: 'manifests',
    pre: true,
    about: [
      'A NetworkAttachmentDefinition carries a CNI configuration as JSON text in `spec.config`, with a `type`, or with `plugins` of which each has one. What is wrong in it is found only when a pod is started: it stays in ContainerCreating.',
      'By hand:',
      '```sh\nkubectl get net-attach-def vdpa -o jsonpath="{.spec.config}" | jq .\n```',
    ],
    judge({ manifests }) {
      const networks = networksIn(manifests);
      if (networks.length === 0) return skip(noNetwork);
      const needed = 'JSON with a type';
      const findings = networks.flatMap(({ name, config, plugins }): Finding[] => {
        if (config === null) return [];
        if (config.problem !== null)
          return [
            fail(`${name}: ${config.problem}`, needed, 'correct the JSON; jq shows where it breaks', config.where([])),
          ];
        if (!isRecord(config.value)) return [fail(`${name}: no object`, needed, 'write it as { … }', config.where([]))];
        return plugins
          .filter(({ type }) => type === null || type === '')
          .map(({ path }) =>
            fail(`${name}: no type`, needed, 'add "type", the name of the CNI plugin', config.where(path)),
          );
      });
      return orPass(findings, counted(networks.length, 'network'), needed);
    },
  },
  {
    id: 'VDPA-NETWORK-002',
    category: 'networks',
    title: 'the CNI plugin of each network takes its devices',
    scope: 'manifests',
    pre: true,
    about: [
      'A device of a pool with `vdpaType: vhost` is a character device, `/dev/vhost-vdpa-N`, and has no interface to move into the pod. Few CNI plugins know what to do with it: `vdpa` (of vdpactl) and `ovs` (for NICs in switchdev mode) do. `sriov` fails every pod with it. Networks of other plugins are warned about.',
      'By hand: set `"type": "vdpa"` in the configuration of the network. For `ovs` add `"capabilities": {"CNIDeviceInfoFile": true}`, without which Multus does not tell it the device.',
    ],
    judge({ manifests }) {
      const networks = networksIn(manifests).filter(({ plugins }) => plugins.some(({ type }) => type !== null));
      if (networks.length === 0) return skip(noNetwork);
      const vhost = new Set(
        allPools(manifests)
          .filter(({ selectors }) => selectors.some(({ value }) => value['vdpaType'] === 'vhost'))
          .map(({ resource }) => resource),
      );
      const needed = 'a plugin that takes the devices of its pool';
      const findings = networks.flatMap((network): Finding[] => [
        ...withoutDevice(network, needed),
        ...(vhost.has(network.resource ?? '') ? takesVhostVdpa(network, needed) : []),
      ]);
      return orPass(findings, counted(networks.length, 'network'), needed);
    },
  },
  {
    id: 'VDPA-NETWORK-003',
    category: 'networks',
    title: 'the resource of each network has a pool',
    scope: 'manifests',
    pre: true,
    about: [
      'A network names the resource whose devices it attaches in the annotation `k8s.v1.cni.cncf.io/resourceName`, with its prefix. When no pool offers it, no node has it, and pods of that network stay pending, or start without a device. Judged where a config of the device plugin is among the manifests.',
      'By hand: correct the name in the network, or add the pool.',
    ],
    judge({ manifests }) {
      const networks = networksIn(manifests).filter(({ resource }) => resource !== null);
      const offered = new Set(allPools(manifests).map(({ resource }) => resource));
      if (offered.size === 0 || networks.length === 0)
        return skip('networks and pools are not both among the manifests');
      const needed = `a resource that a pool offers: ${listed([...offered])}`;
      const findings = networks
        .filter(({ resource }) => !offered.has(resource ?? ''))
        .map(({ object, name, resource }) =>
          fail(
            `${name}: no pool offers ${quoted(resource ?? '')}`,
            needed,
            'correct the annotation, prefix included, or add the pool',
            object.where(annotationPath),
          ),
        );
      return orPass(findings, counted(networks.length, 'network'), needed);
    },
  },
  {
    id: 'VDPA-NETWORK-004',
    category: 'networks',
    title: 'each pool has a network',
    scope: 'manifests',
    pre: true,
    about: [
      'A pool without a network hands its devices to pods that ask for them, but nobody attaches them: the pod has an environment variable with a PCI address, and neither socket nor device-info. Judged where both pools and networks are among the manifests.',
      'By hand: add a NetworkAttachmentDefinition with the annotation `k8s.v1.cni.cncf.io/resourceName`.',
    ],
    judge({ manifests }) {
      const networks = networksIn(manifests);
      const pools = allPools(manifests);
      if (pools.length === 0 || networks.length === 0)
        return skip('networks and pools are not both among the manifests');
      const used = new Set(networks.map(({ resource }) => resource));
      const needed = 'a network that names the resource';
      const findings = pools
        .filter(({ resource }) => !used.has(resource))
        .map((pool) =>
          warn(
            `no network names ${pool.resource}`,
            needed,
            `add a NetworkAttachmentDefinition with ${resourceAnnotation}: ${pool.resource}`,
            pool.where(['resourceName']),
          ),
        );
      return orPass(findings, counted(pools.length, 'pool'), needed);
    },
  },
];

function withoutDevice({ name, object, plugins, resource }: Network, needed: string): readonly Finding[] {
  const type = plugins[0]?.type ?? '';
  if (resource !== null || !needDevice.includes(type)) return [];
  const hint = `add the annotation ${resourceAnnotation} with the resource of a pool`;
  return [fail(`${name}: ${type} without a resource, so that it never gets a device`, needed, hint, object.where([]))];
}

function takesVhostVdpa({ name, config, plugins }: Network, needed: string): readonly Finding[] {
  const [main] = plugins;
  if (main === undefined || main.type === null) return [];
  const { type, value, path } = main;
  const at = config?.where([...path, 'type']) ?? null;
  const known = withoutVhostVdpa[type];
  if (known !== undefined)
    return [fail(`${name}: ${known}`, needed, 'use "type": "vdpa" for a pool with vdpaType vhost', at)];
  if (!withVhostVdpa.includes(type))
    return [warn(`${name}: ${quoted(type)} is not known to take vhost-vdpa devices`, needed, 'use "type": "vdpa"', at)];
  const capabilities = value['capabilities'];
  const told = isRecord(capabilities) && capabilities['CNIDeviceInfoFile'] === true;
  if (type !== 'ovs' || told) return [];
  const hint = 'add "capabilities": {"CNIDeviceInfoFile": true}';
  return [fail(`${name}: Multus does not tell ovs which device it is`, needed, hint, at)];
}
