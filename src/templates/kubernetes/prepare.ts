// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import { type HostMount, hostPaths, hostVolumeMounts } from './host-paths.ts';
import { imageReference } from './images.ts';
import type { Json, KubernetesObject } from './kubernetes-object.ts';
import { metadata } from './names.ts';

const configName = 'vdpactl-config';
const folder = '/etc/vdpactl';
const file = 'vdpactl.yaml';

/** What preparing a node touches: drivers and modules, huge pages, and its own record of how things were. */
export const prepareMounts: readonly HostMount[] = [
  { name: 'devices', path: hostPaths.devices, type: 'Directory' },
  // A kernel without modules has no such folder.
  { name: 'modules', path: hostPaths.modules, type: 'DirectoryOrCreate', readOnly: true },
  { name: 'node-state', path: hostPaths.nodeState, type: 'DirectoryOrCreate' },
];

/** Where the parts of a node find the config that it is decided by. */
export const nodeConfigPath = `${folder}/${file}`;

export const nodeConfigMount: Json = { name: 'config', mountPath: folder, readOnly: true };
export const nodeConfigVolume: Json = { name: 'config', configMap: { name: configName } };
export const nodeNameEnv: readonly Json[] = [
  { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
];

/**
 * The container that prepares the node, before every part that needs it to be. On a prepared node it does nothing. One that
 * meets another at work ends, and kubelet starts it again. It needs the node's network, because which NIC is an uplink
 * shows in interfaces and routes and vDPA devices are managed from there alone, and the node's processes, because they
 * show who uses a device.
 */
export function prepareContainer({ kubernetes }: Config): Json {
  return {
    name: 'prepare',
    image: imageReference(kubernetes.images, 'node'),
    imagePullPolicy: 'IfNotPresent',
    command: ['vdpactl', 'node', 'prepare', '--config', nodeConfigPath, '--state-dir', hostPaths.nodeState],
    env: nodeNameEnv,
    securityContext: { privileged: true },
    // Where all CPUs are polled, as at the start of an agent beside workloads, it gets no more than this.
    resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [...hostVolumeMounts(prepareMounts), nodeConfigMount],
  };
}

/** The part of the config by which a node is decided upon: so the node decides by the same code and the same choices. */
export function nodeConfigMap(config: Config): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata('agent', configName, config.kubernetes.namespace),
    data: { [file]: nodeConfigText(config) },
  };
}

/** JSON, which is YAML too, so that the same choices give the same bytes. */
export function nodeConfigText({ apiVersion, provider, backend, nics, memory, local }: Config): string {
  return `${JSON.stringify({ apiVersion, provider, backend, nics, memory, local }, null, 2)}\n`;
}
