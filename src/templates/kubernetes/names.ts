// SPDX-License-Identifier: Apache-2.0

import { version } from '../../version.ts';
import type { ObjectMeta } from './kubernetes-object.ts';

/** What pods ask for: the same on every provider, so that manifests of workloads never change. */
export const resourcePrefix = 'vdpactl.io';
export const resourceName = 'vdpa';
export const fullResourceName = `${resourcePrefix}/${resourceName}`;

/** What Multus is called where it is part of the stack, so that the stack knows its own again. */
export const multusName = 'vdpactl-multus';

/** The labels of nodes. A node that has the first is one of the stack. */
export const nodeLabelKeys = {
  provider: 'vdpactl.io/provider',
  /** The name of the device plugin's set, or one of the two words below. */
  deviceSet: 'vdpactl.io/device-set',
  /** What the backends of the node need, `2cpu-512mi`, or `none`. */
  backend: 'vdpactl.io/backend',
} as const;

/** The devices of this node are advertised by the agent: the upstream device plugin cannot see them. */
export const advertisedByAgent = 'agent';
/** This node has nothing to give away, or nothing of that kind. */
export const nothing = 'none';

/** Changes when a ConfigMap does that the pod reads, so that the pod is started anew. */
export const configHashAnnotation = 'vdpactl.io/config-hash';

/** Components, as `app.kubernetes.io/component` has them. */
export type Component = 'namespace' | 'multus' | 'agent' | 'backend' | 'device-plugin' | 'network' | 'workload';

/** Whose part it is: upstream's keep their own name. Workloads go by theirs. */
const applications: Readonly<Record<Exclude<Component, 'workload'>, string>> = {
  namespace: 'vdpactl',
  multus: 'multus',
  agent: 'vdpactl',
  backend: 'vdpactl',
  'device-plugin': 'sriov-network-device-plugin',
  network: 'vdpactl',
};

/** What selects the pods of an object: its component and its own name, both of which never change. */
export function selectorLabels(component: Component, name: string): Record<string, string> {
  return { 'app.kubernetes.io/component': component, 'app.kubernetes.io/instance': name };
}

/** The labels of pods. */
export function podLabels(component: Component, name: string): Record<string, string> {
  return { ...commonLabels(component, name), ...selectorLabels(component, name) };
}

/**
 * The metadata of an object. It says the version; pod templates do not, because a new version that runs the same image
 * would restart what it does not change.
 */
export function metadata(component: Component, name: string, namespace?: string): ObjectMeta {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { ...commonLabels(component, name), 'app.kubernetes.io/version': version.replaceAll('+', '_') },
  };
}

function commonLabels(component: Component, name: string): Record<string, string> {
  return {
    'app.kubernetes.io/name': component === 'workload' ? name : applications[component],
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/part-of': 'vdpactl',
    'app.kubernetes.io/managed-by': 'vdpactl',
  };
}
