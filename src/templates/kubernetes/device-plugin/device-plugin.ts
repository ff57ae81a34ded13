// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../../config/config-schema.ts';
import { markerFor, markerVariable } from '../../../process/process-table.ts';
import { contentHash } from '../content-hash.ts';
import { daemonSet, serviceAccount } from '../daemon-set.ts';
import { type HostMount, hostPaths, hostVolumeMounts, hostVolumes } from '../host-paths.ts';
import { imageReference } from '../images.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import { metadata, nodeLabelKeys } from '../names.ts';
import { nodeConfigText, nodeConfigVolume, prepareContainer, prepareMounts } from '../prepare.ts';
import { configText, type DeviceSet } from './device-sets.ts';

const name = 'vdpactl-device-plugin';

/** By this the agent knows the plugin of its own node among all processes there. */
const mark = markerFor('device-plugin', hostPaths.runDir);
export const pluginMarker = mark[markerVariable] ?? '';

const mounts: readonly HostMount[] = [
  { name: 'device-plugins', path: hostPaths.devicePlugins, type: 'Directory' },
  // The plugin takes its being there for kubelet's watching it.
  { name: 'plugins-registry', path: hostPaths.pluginsRegistry, type: 'Directory' },
  { name: 'device-info', path: hostPaths.deviceInfoOfPlugins, type: 'DirectoryOrCreate' },
];

/** The SR-IOV network device plugin, once for each set, and its configuration. Nothing where no node has a use for it. */
export function devicePluginAccounts(config: Config, sets: readonly DeviceSet[]): KubernetesObject[] {
  return sets.length === 0 ? [] : [serviceAccount('device-plugin', name, config.kubernetes.namespace)];
}

export function devicePluginConfigMaps(config: Config, sets: readonly DeviceSet[]): KubernetesObject[] {
  if (sets.length === 0) return [];
  const data = Object.fromEntries(sets.map((set) => [keyOf(set), textOf(set)]));
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata('device-plugin', name, config.kubernetes.namespace),
      data,
    },
  ];
}

/**
 * The plugin discovers once, when it starts. So the node is prepared before that, and the pod is started anew when anything
 * changes by which a node is prepared or devices are selected. When devices come or go the agent ends its process.
 */
export function devicePluginDaemonSets(config: Config, sets: readonly DeviceSet[]): KubernetesObject[] {
  const { kubernetes } = config;
  return sets.map((set) =>
    daemonSet(kubernetes, {
      component: 'device-plugin',
      name: `${name}-${set.name}`,
      serviceAccount: name,
      nodeSelector: { [nodeLabelKeys.provider]: set.provider, [nodeLabelKeys.deviceSet]: set.name },
      // The plugin reads the node's routes and links.
      hostNetwork: true,
      hostPid: true,
      configHash: contentHash(`${nodeConfigText(config)}${textOf(set)}`),
      maxUnavailable: '10%',
      gracePeriodSeconds: 10,
      initContainers: [prepareContainer(config)],
      containers: [
        {
          name: 'device-plugin',
          image: imageReference(kubernetes.images, 'devicePlugin'),
          imagePullPolicy: 'IfNotPresent',
          args: ['--log-dir=sriovdp', '--log-level=10'],
          env: Object.entries(mark).map(([key, value]) => ({ name: key, value })),
          // As its project runs it: it looks at device files, and what it writes belongs to kubelet.
          securityContext: { privileged: true },
          resources: { requests: { cpu: '50m', memory: '40Mi' }, limits: { memory: '200Mi' } },
          terminationMessagePolicy: 'FallbackToLogsOnError',
          volumeMounts: [
            ...hostVolumeMounts(mounts),
            { name: 'pools', mountPath: '/etc/pcidp', readOnly: true },
            { name: 'log', mountPath: '/var/log' },
          ],
        },
      ],
      volumes: [
        ...hostVolumes([...prepareMounts, ...mounts]),
        nodeConfigVolume,
        { name: 'pools', configMap: { name, items: [{ key: keyOf(set), path: 'config.json' }] } },
        // Its log ends with its pod and leaves nothing on the node.
        { name: 'log', emptyDir: { sizeLimit: '256Mi' } },
      ],
    }),
  );
}

function keyOf(set: DeviceSet): string {
  return `${set.name}.json`;
}

function textOf(set: DeviceSet): string {
  return configText(set.config);
}
