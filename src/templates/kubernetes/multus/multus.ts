// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../../config/config-schema.ts';
import { contentHash } from '../content-hash.ts';
import { daemonSet, serviceAccount } from '../daemon-set.ts';
import { type HostMount, hostPaths, hostVolumeMounts, hostVolumes } from '../host-paths.ts';
import { imageReference } from '../images.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import { metadata, multusName } from '../names.ts';

const name = multusName;

/**
 * The daemon's settings. `auto` puts Multus in front of the network that is there; when the daemon is ended it takes that
 * back by itself, so that pods go on starting without it. (The option `--cleanup-config-on-exit` is one of the thin
 * plugin; the daemon ends at once when it gets it.) Version 0.3.1 goes together with a default network of any version.
 * All CNI plugins run inside the daemon's container: their number at a time bounds its memory.
 */
const daemonConfig = {
  chrootDir: '/hostroot',
  cniVersion: '0.3.1',
  logLevel: 'error',
  logToStderr: true,
  cniConfigDir: '/host/etc/cni/net.d',
  multusAutoconfigDir: '/host/etc/cni/net.d',
  multusConfigFile: 'auto',
  socketDir: '/host/run/multus/',
  connectionLimit: 32,
};

const daemonConfigText = `${JSON.stringify(daemonConfig, null, 2)}\n`;

const mounts: readonly HostMount[] = [
  { name: 'cni-config', path: '/etc/cni/net.d', at: '/host/etc/cni/net.d', type: 'DirectoryOrCreate' },
  { name: 'multus-config', path: '/etc/cni/multus/net.d', type: 'DirectoryOrCreate' },
  { name: 'cni-binaries', path: hostPaths.cniBinaries, type: 'DirectoryOrCreate' },
  { name: 'run', path: '/run', at: '/host/run', type: 'Directory' },
  { name: 'multus-state', path: '/var/lib/cni/multus', type: 'DirectoryOrCreate' },
  { name: 'kubelet', path: '/var/lib/kubelet', type: 'Directory', propagation: 'HostToContainer' },
  { name: 'device-info', path: '/run/k8s.cni.cncf.io', type: 'DirectoryOrCreate' },
  { name: 'netns', path: '/run/netns', type: 'DirectoryOrCreate', propagation: 'HostToContainer' },
  { name: 'hostroot', path: '/', at: '/hostroot', type: 'Directory', propagation: 'HostToContainer' },
];

/** It reads pods and networks, writes the network status of pods and reports events: less than its project's manifest allows. */
export function multusAccess({ kubernetes }: Config): KubernetesObject[] {
  return [
    serviceAccount('multus', name, kubernetes.namespace),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: metadata('multus', name),
      rules: [
        {
          apiGroups: ['k8s.cni.cncf.io'],
          resources: ['network-attachment-definitions'],
          verbs: ['get', 'list', 'watch'],
        },
        { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: [''], resources: ['pods/status'], verbs: ['update'] },
        { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: metadata('multus', name),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: kubernetes.namespace }],
    },
  ];
}

export function multusConfigMap({ kubernetes }: Config): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata('multus', name, kubernetes.namespace),
    data: { 'daemon-config.json': daemonConfigText },
  };
}

/** On the nodes of the stack only: no other node's pods come to depend on it. */
export function multusDaemonSet({ kubernetes }: Config): KubernetesObject {
  const image = imageReference(kubernetes.images, 'multus');
  return daemonSet(kubernetes, {
    component: 'multus',
    name,
    serviceAccount: name,
    usesApi: true,
    // It runs the plugins of the default network, which work on the node's interfaces and on the namespaces of pods.
    hostNetwork: true,
    hostPid: true,
    configHash: contentHash(daemonConfigText),
    maxUnavailable: 1,
    gracePeriodSeconds: 10,
    initContainers: [
      {
        name: 'install',
        image,
        imagePullPolicy: 'IfNotPresent',
        command: ['/usr/src/multus-cni/bin/install_multus', '-d', '/host/opt/cni/bin', '-t', 'thick'],
        securityContext: { privileged: true },
        resources: { requests: { cpu: '10m', memory: '15Mi' }, limits: { memory: '64Mi' } },
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [{ name: 'cni-binaries', mountPath: '/host/opt/cni/bin' }],
      },
    ],
    containers: [
      {
        name: 'multus',
        image,
        imagePullPolicy: 'IfNotPresent',
        command: ['/usr/src/multus-cni/bin/multus-daemon'],
        env: [{ name: 'MULTUS_NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
        // It writes this file when it answers, and removes it when it ends.
        readinessProbe: {
          exec: { command: ['test', '-s', '/host/etc/cni/net.d/00-multus.conf'] },
          periodSeconds: 5,
          failureThreshold: 3,
        },
        securityContext: { privileged: true },
        // With the 50Mi and 100m of its project's manifest it is killed, or held up, when many pods start at once.
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '512Mi' } },
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [
          ...hostVolumeMounts(mounts),
          { name: 'daemon-config', mountPath: '/etc/cni/net.d/multus.d', readOnly: true },
        ],
      },
    ],
    volumes: [
      ...hostVolumes(mounts),
      {
        name: 'daemon-config',
        configMap: { name, items: [{ key: 'daemon-config.json', path: 'daemon-config.json' }] },
      },
    ],
  });
}
