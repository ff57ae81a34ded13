// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { KubernetesObject } from '../../templates/kubernetes/kubernetes-object.ts';

/** Which object: enough to ask an API server for it, also by a vdpactl that does not know its kind. */
export const objectRefSchema = z.object({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  /** As it stands in paths: `daemonsets`. */
  resource: z.string().regex(/^[a-z0-9.-]+$/),
  /** null for objects of the whole cluster. */
  namespace: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .nullable(),
  name: z.string().regex(/^[a-zA-Z0-9.:_-]+$/),
});

export type ObjectRef = z.infer<typeof objectRefSchema>;

/** The kinds that vdpactl renders, and what their collections are called: no discovery has to be asked for them. */
const resources: Readonly<Record<string, string>> = {
  Namespace: 'namespaces',
  ServiceAccount: 'serviceaccounts',
  ConfigMap: 'configmaps',
  DaemonSet: 'daemonsets',
  Deployment: 'deployments',
  CronJob: 'cronjobs',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  CustomResourceDefinition: 'customresourcedefinitions',
  NetworkAttachmentDefinition: 'network-attachment-definitions',
};

/** Group, version and plural of every kind that vdpactl renders. */
export const renderedKinds: readonly (Pick<ObjectRef, 'apiVersion' | 'kind' | 'resource'> & {
  readonly namespaced: boolean;
})[] = [
  kind('v1', 'Namespace', false),
  kind('apiextensions.k8s.io/v1', 'CustomResourceDefinition', false),
  kind('v1', 'ServiceAccount', true),
  kind('rbac.authorization.k8s.io/v1', 'ClusterRole', false),
  kind('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', false),
  kind('v1', 'ConfigMap', true),
  kind('apps/v1', 'DaemonSet', true),
  kind('k8s.cni.cncf.io/v1', 'NetworkAttachmentDefinition', true),
  kind('apps/v1', 'Deployment', true),
  kind('batch/v1', 'CronJob', true),
];

function kind(apiVersion: string, name: string, namespaced: boolean) {
  return { apiVersion, kind: name, resource: resources[name] ?? '', namespaced };
}

export function refOf({ apiVersion, kind: name, metadata }: KubernetesObject): ObjectRef {
  const resource = resources[name];
  if (resource === undefined) throw new Error(`a kind without a resource: ${name}`);
  return { apiVersion, kind: name, resource, namespace: metadata.namespace ?? null, name: metadata.name };
}

/** Tells objects apart, whatever version of their API they were named in. */
export function keyOf({ apiVersion, kind: name, namespace, name: own }: ObjectRef): string {
  return `${groupOf(apiVersion)}/${name}/${namespace ?? ''}/${own}`;
}

/** `DaemonSet vdpactl-system/vdpactl-agent`, as people name it. */
export function refText({ kind: name, namespace, name: own }: ObjectRef): string {
  return `${name} ${namespace === null ? own : `${namespace}/${own}`}`;
}

/** `daemonsets.apps`, as RBAC and `kubectl get` name it. */
export function resourceText({ apiVersion, resource }: Pick<ObjectRef, 'apiVersion' | 'resource'>): string {
  const group = groupOf(apiVersion);
  return group === '' ? resource : `${resource}.${group}`;
}

/** The path of the object below the address of the API server. */
export function pathOf(ref: ObjectRef): string {
  return `${collectionPath(ref, ref.namespace)}/${encodeURIComponent(ref.name)}`;
}

/** The path of all objects of that kind; of all namespaces for null. */
export function collectionPath(
  { apiVersion, resource }: Pick<ObjectRef, 'apiVersion' | 'resource'>,
  namespace: string | null,
): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespace === null ? `${root}/${resource}` : `${root}/namespaces/${namespace}/${resource}`;
}

export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}
