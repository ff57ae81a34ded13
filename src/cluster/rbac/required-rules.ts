// SPDX-License-Identifier: Apache-2.0
import type { RequiredPermission } from '../../check/cluster/cluster-facts.ts';
import type { Config } from '../../config/config-schema.ts';
import { namespaces } from '../../templates/kubernetes/namespaces.ts';
import { renderKubernetes } from '../../templates/kubernetes/render-kubernetes.ts';
import { type Grant, type GrantedVerb, mergeGrants } from './grant.ts';
import { escalationGrants, renderedGrants } from './rendered-grants.ts';

export interface RequiredOptions {
  /** Namespaces that are not there: the stack makes them, and removes them again. */
  readonly missingNamespaces?: readonly string[];
}

/**
 * What somebody has to be allowed who runs detect --cluster, deploy, diff, status, sysdump and destroy with this config. Pure,
 * and made from what is rendered, so that a kind that comes to the stack comes into it. To ask what one may do oneself
 * (selfsubjectaccessreviews), the version, and which kinds there are is allowed to everybody.
 */
export function requiredGrants(config: Config, { missingNamespaces = [] }: RequiredOptions = {}): Grant[] {
  const { namespace, workloadNamespace } = config.kubernetes;
  // Which kinds there are does not depend on the nodes.
  const { objects } = renderKubernetes({ nodes: [], config });
  const own = namespaces(config).map(({ metadata }) => metadata.name);
  return mergeGrants([
    ...renderedGrants(objects),
    ...escalationGrants(objects),
    ...nodeGrants,
    ...podGrants(namespace),
    ...bookkeepingGrants(namespace),
    grant('', 'pods/proxy', namespace, { get: 'asks the agents what their devices do (status --devices, sysdump)' }),
    grant('', 'namespaces', null, { get: 'tries objects there whose own namespace is not there yet' }, ['default']),
    ...[namespace, workloadNamespace].flatMap(lookingGrants),
    ...missingNamespaces.filter((name) => own.includes(name)).flatMap(madeNamespaceGrants),
  ]);
}

const nodeGrants: readonly Grant[] = [
  grant('', 'nodes', null, {
    list: 'chooses the nodes of the stack, and shows what they offer',
    watch: 'waits until they offer the devices',
    patch: 'labels the nodes of the stack, and takes the labels back',
  }),
  grant('', 'pods', null, { list: 'shows which pods have devices, and removes nothing that they use' }),
];

/** The pods that look at nodes, and that clean them. */
function podGrants(namespace: string): Grant[] {
  return [
    grant('', 'pods', namespace, {
      create: 'looks at each node in a short-lived pod, and cleans it in one',
      list: 'finds those that a killed run left',
      watch: 'waits until they have ended',
      delete: 'removes one that takes too long',
      deletecollection: 'removes those of many nodes by one request',
    }),
    grant('', 'pods/log', namespace, { get: 'reads what they answer' }),
  ];
}

/** The record of the stack, and the lease that guards it. */
function bookkeepingGrants(namespace: string): Grant[] {
  return [
    grant('', 'configmaps', namespace, {
      get: 'reads the record of the stack',
      patch: 'writes the record of the stack',
      create: 'begins the record of the stack',
      delete: 'removes the record of the stack',
    }),
    grant('coordination.k8s.io', 'leases', namespace, {
      get: 'sees whether somebody else is at work',
      create: 'takes the lease of the stack',
      update: 'keeps the lease, and lets go of it',
      delete: 'leaves no lease behind',
    }),
  ];
}

/** What explains why something is not ready. */
function lookingGrants(namespace: string): Grant[] {
  return [
    grant('', 'events', namespace, { list: 'says why a pod does not start' }),
    grant('', 'pods', namespace, { list: 'says which pods are not ready' }),
    grant('', 'pods/log', namespace, { get: 'saves the logs of the stack (sysdump)' }),
  ];
}

/** Whoever makes a namespace removes it too, unless others have put something into it. */
function madeNamespaceGrants(name: string): Grant[] {
  const why = { list: `removes the namespace only when nobody else keeps something in it` };
  return [
    grant('', 'namespaces', null, { create: 'makes it', delete: 'removes what it made' }, [name]),
    grant('', 'persistentvolumeclaims', name, why),
    grant('', 'services', name, why),
    grant('apps', 'statefulsets', name, why),
    grant('batch', 'jobs', name, why),
  ];
}

function grant(
  group: string,
  resource: string,
  namespace: string | null,
  verbs: Readonly<Record<string, string>>,
  names: readonly string[] | null = null,
): Grant {
  const granted = Object.entries(verbs).map(([verb, why]): GrantedVerb => ({ verb, why }));
  return { group, resource, namespace, names, verbs: granted };
}

/** The same as questions to an API server, one a verb and object, none of them answered. */
export function requiredPermissions(config: Config, options: RequiredOptions = {}): RequiredPermission[] {
  return requiredGrants(config, options).flatMap(({ group, resource, namespace, names, verbs }) =>
    verbs.flatMap(({ verb }) =>
      (names ?? [null]).map((name) => ({
        verb,
        resource: group === '' ? resource : withGroup(resource, group),
        namespace,
        name,
      })),
    ),
  );
}

/** `daemonsets.apps`; of a subresource, `pods.metrics.k8s.io/log`: as kubectl auth can-i takes it. */
function withGroup(resource: string, group: string): string {
  const [kind = '', ...sub] = resource.split('/');
  return [`${kind}.${group}`, ...sub].join('/');
}
