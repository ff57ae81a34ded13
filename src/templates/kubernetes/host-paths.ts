// SPDX-License-Identifier: Apache-2.0
import type { Json } from './kubernetes-object.ts';

/**
 * Where things are on a node. The agent, the backends and the CNI plugin meet in the run directory; its path is short,
 * because a socket's path must not be longer than 107 bytes.
 */
export const hostPaths = {
  runDir: '/var/run/vdpa',
  /** What a node looked like before it was prepared; a reboot undoes what was done and forgets this. */
  nodeState: '/run/vdpactl-node',
  devices: '/dev',
  modules: '/lib/modules',
  pods: '/var/lib/kubelet/pods',
  devicePlugins: '/var/lib/kubelet/device-plugins',
  pluginsRegistry: '/var/lib/kubelet/plugins_registry',
  /** Where kubelet tells which devices it has to give. */
  podResources: '/var/lib/kubelet/pod-resources',
  cniBinaries: '/opt/cni/bin',
  /** What IPAM plugins are configured by that talk to the cluster. */
  cniConfig: '/etc/cni/net.d',
  /** Addresses that the IPAM plugin host-local has given out. */
  ipamState: '/var/lib/cni/networks',
  /** Device information that the device plugin writes and Multus reads, then the CNI plugin. */
  deviceInfoOfPlugins: '/var/run/k8s.cni.cncf.io/devinfo/dp',
  deviceInfoOfCni: '/var/run/k8s.cni.cncf.io/devinfo/cni',
} as const;

/** Where a pod finds its attachments. */
export const podVdpaDir = '/var/run/vdpa';

interface HostMount {
  readonly name: string;
  readonly path: string;
  /** Kubernetes checks it before the pod starts; `DirectoryOrCreate` makes what is missing. */
  readonly type: 'Directory' | 'DirectoryOrCreate';
  /** Where the container sees it; where the host has it when left out. */
  readonly at?: string;
  readonly readOnly?: boolean;
  readonly propagation?: 'HostToContainer' | 'Bidirectional';
}

export function hostVolumes(mounts: readonly HostMount[]): Json[] {
  return mounts.map(({ name, path, type }) => ({ name, hostPath: { path, type } }));
}

export function hostVolumeMounts(mounts: readonly HostMount[]): Json[] {
  return mounts.map(({ name, path, at, readOnly, propagation }) => ({
    name,
    mountPath: at ?? path,
    ...(readOnly === undefined ? {} : { readOnly }),
    ...(propagation === undefined ? {} : { mountPropagation: propagation }),
  }));
}

export type { HostMount };
