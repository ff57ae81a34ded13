// SPDX-License-Identifier: Apache-2.0
import { matchDevices } from '../../templates/kubernetes/device-plugin/match-devices.ts';
import { preparedNics } from '../../templates/kubernetes/device-plugin/prepared-nics.ts';
import { listSelectorKeys, type NetDeviceSelectors } from '../../templates/kubernetes/device-plugin/selectors.ts';
import { type Check, type Finding, fail, orPass, skip, warn } from '../check.ts';
import type { ManifestFacts, NodeCheckFacts } from '../facts.ts';
import { netDeviceSelectors, type Pool, pluginConfigs } from '../manifests/pools.ts';
import { counted, listed } from '../node-words.ts';

const noPool = 'no pool of network functions is among the manifests';

/** The pools whose devices can be told, config by config. */
function poolsByConfig({ manifests }: ManifestFacts): readonly (readonly Pool[])[] {
  return pluginConfigs(manifests)
    .map(({ pools }) => pools.filter((pool) => netDeviceSelectors(pool).length > 0))
    .filter((pools) => pools.length > 0);
}

function nameOf({ report }: NodeCheckFacts): string {
  return report.node.name ?? 'the node';
}

export const poolDeviceChecks: readonly Check[] = [
  {
    id: 'VDPA-POOL-006',
    category: 'pools',
    title: 'every pool has a device on some node',
    scope: 'manifests',
    pre: true,
    about: [
      'The device plugin leaves an empty pool out: the resource does not appear on the node, not even with 0, and pods that ask for it stay pending. Judged against the nodes that are given along with the manifests (`--root`, `--from`); fails when a pool is empty on all of them, and warns when it will have a device once they are prepared. The plugin looks once, when it starts: devices that were made or bound later need a restart of its pod.',
      'By hand: compare the selectors with `lspci -D -nnk`. For virtual functions of a virtio NIC `pfNames` never fits (the plugin does not find the name), `rootDevices` does.',
    ],
    judge(facts) {
      const pools = poolsByConfig(facts).flat();
      if (pools.length === 0) return skip(noPool);
      const { nodes } = facts;
      if (nodes.length === 0) return skip('no node was given along with the manifests');
      const isEmpty = (pool: Pool, state: State) => nodes.every((node) => devicesOf(pool, node, state).length === 0);
      const needed = 'a device on at least one of the nodes';
      const findings = pools.flatMap((pool): Finding[] => {
        if (!isEmpty(pool, 'now')) return [];
        const found = `${pool.resource} is empty on ${listed(nodes.map(nameOf), 4)}`;
        if (!isEmpty(pool, 'prepared')) {
          const hint = 'prepare the nodes before the device plugin starts: vdpactl node prepare';
          return [warn(`${found}, until they are prepared`, needed, hint, pool.where([]))];
        }
        const hint =
          'compare its selectors with what vdpactl detect shows: ids, and the driver that the device has now';
        return [fail(found, needed, hint, pool.where([]))];
      });
      return orPass(findings, counted(pools.length, 'pool'), needed);
    },
  },
  {
    id: 'VDPA-POOL-007',
    category: 'pools',
    title: 'no two pools select the same device',
    scope: 'manifests',
    pre: true,
    about: [
      'A device goes to the first pool of a config that selects it. Pools that overlap depend on their order, and the second one has fewer devices than its selectors say, or none. Judged against the nodes that are given along with the manifests; without any, only pools whose selectors take everything that a later one asks for.',
      'By hand: make the selectors exclude each other, for example by `pciAddresses`, or by ranges of virtual functions (`pfNames: ["ens1f0#0-3"]`).',
    ],
    judge(facts) {
      const configs = poolsByConfig(facts);
      if (configs.length === 0) return skip(noPool);
      const needed = 'each device in one pool';
      const findings = configs.flatMap((pools) =>
        pools.flatMap((pool, index) =>
          pools.slice(0, index).flatMap((first): Finding[] => {
            const found = overlap(first, pool, facts.nodes);
            const hint = 'make the selectors exclude each other';
            return found === null ? [] : [warn(found, needed, hint, pool.where(['selectors']))];
          }),
        ),
      );
      return orPass(findings, counted(configs.flat().length, 'pool'), needed);
    },
  },
  {
    id: 'VDPA-POOL-008',
    category: 'pools',
    title: 'no pool can have an uplink',
    scope: 'manifests',
    pre: true,
    about: [
      'A pool that selects the NIC through which the node is reached gives it to a pod, and cuts the node off. The device plugin leaves out NICs with the default route, but it does not see the interface of a virtio NIC, and other ways of being an uplink it does not know. Selectors with `drivers` are safe when they name drivers that no interface in use has, such as `vfio-pci`. Fails when a pool selects an uplink of a node that is given along with the manifests; warns when it names neither drivers nor PCI addresses.',
      'By hand: add `drivers` to each set of selectors.',
    ],
    judge(facts) {
      const pools = poolsByConfig(facts).flat();
      if (pools.length === 0) return skip(noPool);
      const needed = 'selectors that no uplink fits: name the driver';
      const hint = 'add drivers to each set of selectors, such as ["vfio-pci"]';
      const findings = pools.flatMap((pool): Finding[] => {
        const uplinks = facts.nodes.flatMap((node) => {
          const devices = new Set(devicesOf(pool, node, 'now'));
          return node.report.nics
            .filter(({ pciAddress, uplink }) => uplink && devices.has(pciAddress))
            .map(({ pciAddress }) => `${pciAddress} of ${nameOf(node)}`);
        });
        const at = pool.where(['selectors']);
        if (uplinks.length > 0)
          return [fail(`${pool.resource} has the uplink ${listed(uplinks, 4)}`, needed, hint, at)];
        const isOpen = netDeviceSelectors(pool).some(
          ({ drivers = [], pciAddresses = [], vdpaType }) =>
            drivers.length === 0 && pciAddresses.length === 0 && vdpaType === undefined,
        );
        return isOpen ? [warn(`${pool.resource} may have one: it names no driver`, needed, hint, at)] : [];
      });
      return orPass(findings, counted(pools.length, 'pool'), needed);
    },
  },
];

/** Of a node as it is, or as it will be once it is prepared. */
type State = 'now' | 'prepared';

function devicesOf(pool: Pool, { report, decision }: NodeCheckFacts, state: State): readonly string[] {
  const nics = state === 'now' ? report.nics : preparedNics(report, decision);
  return matchDevices(netDeviceSelectors(pool), { nics });
}

/** Which devices two pools both select, in words; null: none that is known of. */
function overlap(first: Pool, second: Pool, nodes: readonly NodeCheckFacts[]): string | null {
  const both = nodes.flatMap((node) => {
    const of = (pool: Pool) => [...devicesOf(pool, node, 'now'), ...devicesOf(pool, node, 'prepared')];
    const taken = new Set(of(first));
    return [...new Set(of(second))]
      .filter((address) => taken.has(address))
      .map((address) => `${address} of ${nameOf(node)}`);
  });
  const which = `${second.resource} and ${first.resource}`;
  if (both.length > 0) return `${which} both select ${listed(both, 4)}, and the first one has it`;
  const before = netDeviceSelectors(first);
  const isCovered = netDeviceSelectors(second).every((later) => before.some((earlier) => covers(earlier, later)));
  return isCovered
    ? `${first.resource} selects all that ${second.resource} does, and comes first: the second is always empty`
    : null;
}

/** Whether the one selects whatever the other does, on every node: it narrows by nothing that the other does not. */
function covers(one: NetDeviceSelectors, other: NetDeviceSelectors): boolean {
  const wide = listSelectorKeys.every((key) => {
    const [values = [], others = []] = [one[key], other[key]];
    return values.length === 0 || (others.length > 0 && others.every((value) => values.includes(value)));
  });
  const { isRdma = false, vdpaType } = one;
  return wide && (!isRdma || other.isRdma === true) && (vdpaType === undefined || vdpaType === other.vdpaType);
}
