// SPDX-License-Identifier: Apache-2.0
import { nodeAddressVariable } from '../../../dataplane/contract/node-page.ts';
import type { Config } from '../../config/config-schema.ts';
import { contentHash } from './content-hash.ts';
import { daemonSet, serviceAccount } from './daemon-set.ts';
import { healthPorts, readinessProbe } from './health.ts';
import { type HostMount, hostPaths, hostVolumeMounts, hostVolumes } from './host-paths.ts';
import { imageReference } from './images.ts';
import type { Json, KubernetesObject } from './kubernetes-object.ts';
import {
  nodeConfigMount,
  nodeConfigPath,
  nodeConfigText,
  nodeConfigVolume,
  nodeNameEnv,
  prepareContainer,
  prepareMounts,
} from './prepare.ts';

/** Of the DaemonSet, and the label of its pods. */
export const agentName = 'vdpactl-agent';

const mounts: readonly HostMount[] = [
  // It prepares devices that come while it runs.
  ...prepareMounts,
  // What it mounts here has to reach the backends and the node, so that it outlives the agent.
  { name: 'run-dir', path: hostPaths.runDir, type: 'DirectoryOrCreate', propagation: 'Bidirectional' },
  // The volumes of pods that come while it runs.
  { name: 'pods', path: hostPaths.pods, type: 'Directory', propagation: 'HostToContainer' },
  { name: 'device-plugins', path: hostPaths.devicePlugins, type: 'Directory' },
  { name: 'pod-resources', path: hostPaths.podResources, type: 'Directory', readOnly: true },
  { name: 'device-info', path: hostPaths.deviceInfoOfCni, type: 'DirectoryOrCreate' },
  { name: 'cni-binaries', path: hostPaths.cniBinaries, type: 'DirectoryOrCreate' },
  { name: 'ipam-state', path: hostPaths.ipamState, type: 'DirectoryOrCreate' },
  // Of plugins for addresses that ask the cluster, such as whereabouts, which the agent runs as the runtime would.
  { name: 'cni-config', path: hostPaths.cniConfig, type: 'DirectoryOrCreate', readOnly: true },
];

/** Where others may see the metrics of the agent: with host network, it has to be told the address. */
const nodeAddressEnv: Json = { name: nodeAddressVariable, valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } };

/**
 * The account of the agent has no right at all, and its pods have no token. What the agent decides by is on the node: the
 * probe, the config that is mounted, the CNI call with the pod's uid, and kubelet's folder of pods, which tells which
 * of them are gone. So nobody who breaks out of a workload into an agent has won anything in the cluster.
 */
export function agentAccounts({ kubernetes }: Config): KubernetesObject[] {
  return [serviceAccount('agent', agentName, kubernetes.namespace)];
}

/** The agent: gRPC, the CNI service, and what the device plugin cannot advertise. */
export function agentDaemonSet(config: Config): KubernetesObject {
  const { kubernetes } = config;
  return daemonSet(kubernetes, {
    component: 'agent',
    name: agentName,
    serviceAccount: agentName,
    hostNetwork: true,
    hostPid: true,
    configHash: contentHash(nodeConfigText(config)),
    maxUnavailable: '10%',
    gracePeriodSeconds: 10,
    initContainers: [prepareContainer(config)],
    containers: [
      {
        name: 'agent',
        image: imageReference(kubernetes.images, 'node'),
        imagePullPolicy: 'IfNotPresent',
        command: ['vdpactl-agent', hostPaths.runDir, '--node', nodeConfigPath],
        env: [...nodeNameEnv, ...(kubernetes.agentPages === 'node' ? [nodeAddressEnv] : [])],
        ports: [{ name: 'metrics', containerPort: healthPorts.agent, protocol: 'TCP' }],
        readinessProbe: readinessProbe(healthPorts.agent),
        // It mounts and binds devices.
        securityContext: { privileged: true },
        // A CPU that a workload polls gives others no more than they asked for, and pods wait for this one.
        resources: { requests: { cpu: '100m', memory: '80Mi' }, limits: { memory: '160Mi' } },
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [...hostVolumeMounts(mounts), nodeConfigMount],
      },
    ],
    volumes: [...hostVolumes(mounts), nodeConfigVolume],
  });
}
