// SPDX-License-Identifier: Apache-2.0

/**
 * Where the stack leaves something on a host: the only places that cleaning it looks at. A test holds these to the paths that
 * are rendered.
 */
export const hostPlaces = {
  runDir: '/var/run/vdpa',
  /** In it, a folder for each pod that has attachments, by its uid. */
  attachments: '/var/run/vdpa/attachments',
  /** Kubelet's, one folder a pod: which pods are on this node. */
  pods: '/var/lib/kubelet/pods',
  cniBinaries: '/opt/cni/bin',
  cniConfig: '/etc/cni/net.d',
  deviceInfo: '/var/run/k8s.cni.cncf.io',
  deviceInfoOfPlugins: '/var/run/k8s.cni.cncf.io/devinfo/dp',
  deviceInfoOfCni: '/var/run/k8s.cni.cncf.io/devinfo/cni',
  /** Where device plugins listen, those that kubelet finds by itself and those that tell it. */
  devicePlugins: ['/var/lib/kubelet/plugins_registry', '/var/lib/kubelet/device-plugins'],
} as const;

/** The resource that pods ask for, with which the names of its files begin. */
export const resource = { prefix: 'vdpactl.io', name: 'vdpa' } as const;

/** What a Multus of the stack puts on a host. */
export const multusPlaces = {
  config: '/etc/cni/net.d/00-multus.conf',
  kubeconfig: '/etc/cni/net.d/multus.d/multus.kubeconfig',
  /** What its installer copies. */
  binaries: ['multus-shim', 'passthru'],
  socket: '/run/multus/multus.sock',
  /** Its own, whatever is in them. */
  folders: ['/run/multus', '/var/lib/cni/multus'],
  /** Gone when nothing is left in them, the inner before the outer. */
  emptyFolders: ['/etc/cni/net.d/multus.d', '/etc/cni/multus/net.d', '/etc/cni/multus'],
} as const;
