// SPDX-License-Identifier: Apache-2.0
import type { Nic, NodeReport } from '../../../platform/node-report.ts';
import type { BackendName, Decision, ProviderName } from '../../../providers/decision.ts';
import { contentHash } from '../content-hash.ts';
import { advertisedByAgent, nothing, resourceName, resourcePrefix } from '../names.ts';
import { handsToUserSpace } from './drivers.ts';
import { matchDevices } from './match-devices.ts';
import { preparedNics } from './prepared-nics.ts';
import type { DevicePluginConfig, NetDeviceSelectors } from './selectors.ts';

/** Nodes whose devices the device plugin finds with the same configuration. */
export interface DeviceSet {
  /** The provider, and where it has several sets something that tells them apart. */
  readonly name: string;
  readonly provider: ProviderName;
  readonly backend: BackendName;
  readonly config: DevicePluginConfig;
}

export interface DeviceSets {
  /** By name. */
  readonly sets: readonly DeviceSet[];
  /** For each node, in the order given: the name of its set, or who else advertises its devices. */
  readonly nameOf: readonly string[];
}

interface Node {
  readonly report: NodeReport;
  readonly decision: Decision;
}

/**
 * Sorts nodes into the sets of the device plugin. A node belongs to one set or to none: kubelet takes one advertiser for
 * a resource, so that where the plugin cannot see one device, the agent advertises them all. `kept` are the sets of nodes that
 * are part of the stack and not among these, each with its configuration: no other set may get the name of one.
 */
export function deviceSets(nodes: readonly Node[], kept: ReadonlyMap<string, string> = new Map()): DeviceSets {
  const found = new Map<string, Omit<DeviceSet, 'name'>>();
  const keys = nodes.map(({ report, decision }) => {
    if (decision.devices.length === 0) return nothing;
    const selectors = selectorsOf(report, decision);
    if (selectors === null) return advertisedByAgent;
    const { provider, backend } = decision;
    const key = `${provider}/${backend}/${JSON.stringify(selectors)}`;
    found.set(key, { provider, backend, config: configOf(selectors) });
    return key;
  });
  const named = new Map<string, DeviceSet>();
  for (const [key, set] of found) {
    const siblings = [...found.values()].filter(({ provider }) => provider === set.provider).length;
    const isAlone = siblings === 1 && !isAmong(kept, set);
    named.set(key, { name: isAlone ? set.provider : `${set.provider}-${contentHash(key).slice(0, 8)}`, ...set });
  }
  return {
    sets: [...named.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    nameOf: keys.map((key) => named.get(key)?.name ?? key),
  };
}

/** Whether nodes that are kept have another set of the same provider. */
function isAmong(kept: ReadonlyMap<string, string>, { provider, config }: Omit<DeviceSet, 'name'>): boolean {
  return [...kept].some(
    ([name, other]) => name.startsWith(`${provider}-`) || (name === provider && other !== configText(config)),
  );
}

/** As the plugin reads it. */
export function configText(config: DevicePluginConfig): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** Who tells kubelet of the devices of a node. */
export type Advertiser = 'agent' | 'device-plugin' | 'none';

/** As the labels say it: the agent of a node, which cannot read them, asks the same question of the same facts. */
export function advertiserOf(report: NodeReport, decision: Decision): Advertiser {
  if (decision.devices.length === 0) return 'none';
  return selectorsOf(report, decision) === null ? 'agent' : 'device-plugin';
}

function configOf(selectors: NetDeviceSelectors): DevicePluginConfig {
  return { resourceList: [{ resourceName, resourcePrefix, deviceType: 'netDevice', selectors }] };
}

/** Selectors that match exactly the chosen devices of a prepared node; null where the device plugin cannot see one of them. */
function selectorsOf(report: NodeReport, decision: Decision): NetDeviceSelectors | null {
  const nics = preparedNics(report, decision);
  const byAddress = new Map(nics.map((nic) => [nic.pciAddress, nic]));
  const chosen: Nic[] = [];
  for (const device of decision.devices) {
    const nic = byAddress.get(device.pciAddress);
    if (nic === undefined || !isVisible(nic, decision.backend)) return null;
    chosen.push(nic);
  }
  const drivers = sorted(chosen.flatMap(({ driver }) => driver ?? []));
  const wide: NetDeviceSelectors = {
    vendors: sorted(chosen.map(({ vendor }) => vendor)),
    devices: sorted(chosen.map(({ device }) => device)),
    drivers,
    ...(decision.backend === 'vhost-vdpa' ? { vdpaType: 'vhost' } : {}),
  };
  const addresses = sorted(chosen.map(({ pciAddress }) => pciAddress));
  // A driver that also makes interfaces may have an uplink, if not on this node at this moment, then later.
  const isExact =
    drivers.every(handsToUserSpace) && matchDevices([wide], { nics }).every((address) => addresses.includes(address));
  return isExact ? wide : { ...wide, pciAddresses: addresses };
}

function isVisible({ driver, vdpa }: Nic, backend: BackendName): boolean {
  return driver !== null && (backend !== 'vhost-vdpa' || (vdpa !== null && vdpa.mgmtdev !== null));
}

function sorted(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
