// SPDX-License-Identifier: Apache-2.0

/** What is asked of a cluster for the checks. Gathered by src/cluster; judged here. */
export interface ClusterFacts {
  /** `v1.31.2`, as the API server says it. */
  readonly serverVersion: string;
  /** Multus as found; null: the cluster has none. */
  readonly multus: {
    readonly kind: 'thick' | 'thin';
    readonly image: string | null;
    readonly namespace: string;
    readonly desired: number;
    readonly ready: number;
  } | null;
  /** Whether the cluster knows NetworkAttachmentDefinition (k8s.cni.cncf.io/v1). */
  readonly hasNetworkAttachments: boolean;
  /** Whether vdpactl may install Multus where there is none (`kubernetes.multus`). */
  readonly mayInstallMultus: boolean;
  /** What the deployer needs to be allowed, and whether it is. */
  readonly permissions: readonly Permission[];
  readonly nodes: readonly ClusterNode[];
  /** The stack as deployed; null: there is none yet. */
  readonly stack: DeployedStack | null;
  /** The version of this vdpactl. */
  readonly cliVersion: string;
  /** What could not be asked, and why: what is said of it above is empty then, and means nothing. */
  readonly unread: readonly { readonly part: UnreadPart; readonly why: string }[];
}

export type UnreadPart = 'multus' | 'nodes' | 'stack' | 'permissions';

export interface RequiredPermission {
  readonly verb: string;
  /** With its group, and its subresource: `daemonsets.apps`, `pods/log`. */
  readonly resource: string;
  /** null: in the whole cluster. */
  readonly namespace: string | null;
  /** The only object that it is needed for; null: any. */
  readonly name: string | null;
}

export interface Permission extends RequiredPermission {
  readonly allowed: boolean;
}

export interface ClusterNode {
  readonly name: string;
  /** `v1.31.2`. */
  readonly kubeletVersion: string;
  /** The resource of the plan, `vdpactl.io/vdpa`. */
  readonly resourceName: string;
  /** How many devices the plan gives away there. */
  readonly planned: number;
  /** What the kubelet offers of the resource; null: the node does not know it. */
  readonly allocatable: number | null;
}

export interface DeployedStack {
  /** The version of vdpactl that deployed it; null: not recorded. */
  readonly version: string | null;
  /** Device-plugin pods that run with another ConfigMap than the current one: it is read once, at start. */
  readonly stalePluginPods: readonly { readonly pod: string; readonly node: string }[];
}
