// SPDX-License-Identifier: Apache-2.0
import { deviceSocket, maxSocketPathBytes, runDir } from '../../../dataplane/contract/run-dir.ts';
import type { Config } from '../../config/config-schema.ts';
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { NodeReport } from '../../platform/node-report.ts';
import type { Decision } from '../../providers/decision.ts';
import { agentAccounts, agentDaemonSet } from './agent.ts';
import { type BackendClass, backendAccounts, backendClass, backendDaemonSets, backendLabel } from './backend.ts';
import { devicePluginAccounts, devicePluginConfigMaps, devicePluginDaemonSets } from './device-plugin/device-plugin.ts';
import { type DeviceSets, deviceSets } from './device-plugin/device-sets.ts';
import { verifySets } from './device-plugin/verify-sets.ts';
import { hostPaths } from './host-paths.ts';
import type { KubernetesObject, KubernetesStack } from './kubernetes-object.ts';
import { multusAccess, multusConfigMap, multusDaemonSet } from './multus/multus.ts';
import { multusNeeded } from './multus/multus-needed.ts';
import { networkCrd } from './multus/network-crd.ts';
import { nodeLabelKeys } from './names.ts';
import { namespaces } from './namespaces.ts';
import { networkAttachmentDefinition } from './network.ts';
import { nodeNames } from './node-names.ts';
import { nodeConfigMap } from './prepare.ts';
import { l3fwd } from './workloads/l3fwd.ts';
import { seawreck } from './workloads/seawreck.ts';

export interface KubernetesStackInput {
  readonly nodes: readonly { readonly report: NodeReport; readonly decision: Decision }[];
  readonly config: Config;
  /** Device sets of nodes of the stack that are not among these, by name, each with its configuration. */
  readonly keptSets?: ReadonlyMap<string, string>;
}

const workloads = { l3fwd, seawreck } as const;

/**
 * Renders the stack of a cluster. Pure, and the same bytes whatever the order of the nodes. Throws VDPA-RENDER-001 for nodes
 * without a usable name and for namespaces that cannot be shared, VDPA-UPLINK-001 for a decision that would give an uplink
 * away, VDPA-PATH-001 for a device whose socket has too
 * long a path.
 */
export function renderKubernetes({ nodes, config, keptSets }: KubernetesStackInput): KubernetesStack {
  const names = nodeNames(nodes.map(({ report }) => report));
  checkSocketPaths(nodes);
  const { sets, nameOf } = verified(nodes, keptSets);
  const classes = nodes.map(({ report, decision }) => backendClass(report, decision, config));
  const nodeLabels = nodes.map(({ decision }, index) => ({
    node: names[index] ?? '',
    labels: {
      [nodeLabelKeys.provider]: decision.provider,
      [nodeLabelKeys.deviceSet]: nameOf[index] ?? '',
      [nodeLabelKeys.backend]: backendLabel(classes[index] ?? null),
    },
  }));
  const withMultus = multusNeeded(
    config,
    nodes.map(({ report }) => report),
  );
  const ifMultus = (objects: () => readonly KubernetesObject[]) => (withMultus ? objects() : []);
  return {
    nodeLabels: nodeLabels.sort((a, b) => (a.node < b.node ? -1 : 1)),
    objects: [
      ...namespaces(config),
      ...ifMultus(() => [networkCrd(), ...multusAccess(config)]),
      ...agentAccounts(config),
      ...backendAccounts(config),
      ...devicePluginAccounts(config, sets),
      nodeConfigMap(config),
      ...devicePluginConfigMaps(config, sets),
      ...ifMultus(() => [multusConfigMap(config), multusDaemonSet(config)]),
      agentDaemonSet(config),
      ...backendDaemonSets(config, distinct(classes)),
      ...devicePluginDaemonSets(config, sets),
      networkAttachmentDefinition(config),
      ...[...new Set(config.kubernetes.workloads)].sort().flatMap((name) => workloads[name](config)),
    ],
  };
}

function verified(nodes: KubernetesStackInput['nodes'], kept?: ReadonlyMap<string, string>): DeviceSets {
  const found = deviceSets(nodes, kept);
  verifySets(nodes, found);
  return found;
}

/** `2cpu-` before `10cpu-`. */
const byNumber = new Intl.Collator('en', { numeric: true });

function distinct(classes: readonly (BackendClass | null)[]): BackendClass[] {
  const byName = new Map(classes.flatMap((each) => (each === null ? [] : [[each.name, each] as const])));
  return [...byName.values()].sort((a, b) => byNumber.compare(a.name, b.name));
}

/** A socket's path must fit before anything is made, not when a backend fails to connect. */
function checkSocketPaths(nodes: KubernetesStackInput['nodes']): void {
  const dir = runDir(hostPaths.runDir);
  for (const { report, decision } of nodes) {
    // The kernel's character device has no socket.
    if (decision.backend === 'vhost-vdpa') continue;
    for (const { pciAddress } of decision.devices) {
      const bytes = Buffer.byteLength(deviceSocket(dir, pciAddress));
      if (bytes <= maxSocketPathBytes) continue;
      throw new VdpaError(
        'VDPA-PATH-001',
        `the socket of ${pciAddress} would have a path of ${bytes} bytes, and Linux takes ${maxSocketPathBytes}`,
        {
          where: deviceSocket(dir, pciAddress),
          next: `give the device of ${report.node.name ?? 'the node'} a name that is at least ${bytes - maxSocketPathBytes} bytes shorter`,
        },
      );
    }
  }
}
