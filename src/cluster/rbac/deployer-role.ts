// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import type { Json, KubernetesObject, ObjectMeta } from '../../templates/kubernetes/kubernetes-object.ts';
import { namespaces } from '../../templates/kubernetes/namespaces.ts';
import { withOwner } from '../stack/owner.ts';
import type { Grant } from './grant.ts';
import { requiredGrants } from './required-rules.ts';

/** Who gets the rights, as `kubectl create rolebinding` names them. */
export interface RoleSubject {
  readonly kind: 'User' | 'Group' | 'ServiceAccount';
  readonly name: string;
  /** Of a service account. */
  readonly namespace?: string;
}

const apiVersion = 'rbac.authorization.k8s.io/v1';
const apiGroup = 'rbac.authorization.k8s.io';

/**
 * The least rights of a deployer as objects to apply: a ClusterRole, a Role in each namespace of the stack, and with subjects
 * their bindings. The namespaces come first, because a Role needs one; they carry the mark of the stack, so that deploy takes
 * them for its own, and destroy leaves them where they are.
 */
export function deployerRole(config: Config, subjects: readonly RoleSubject[] = []): KubernetesObject[] {
  const stack = config.kubernetes.namespace;
  const name = `vdpactl-deployer-${stack}`;
  const grants = requiredGrants(config);
  const roles = [...new Set(grants.map(({ namespace }) => namespace))].map((namespace): KubernetesObject => {
    const rules = grants.filter((each) => each.namespace === namespace).map(ruleOf);
    const kind = namespace === null ? 'ClusterRole' : 'Role';
    return { apiVersion, kind, metadata: metadataOf(name, namespace), rules };
  });
  const bindings = roles.map(({ kind, metadata: { namespace = null } }): KubernetesObject => {
    return {
      apiVersion,
      kind: `${kind}Binding`,
      metadata: metadataOf(name, namespace),
      roleRef: { apiGroup, kind, name },
      subjects: subjects.map(subjectOf),
    };
  });
  return [
    ...namespaces(config).map((object) => withOwner(withoutVersion(object), stack)),
    ...roles,
    ...(subjects.length === 0 ? [] : bindings),
  ];
}

/** Whoever applies this sets what it says, and the version is for deploy to say. */
function withoutVersion({ metadata, ...object }: KubernetesObject): KubernetesObject {
  const { 'app.kubernetes.io/version': _, ...labels } = metadata.labels;
  return { ...object, metadata: { ...metadata, labels } } as KubernetesObject;
}

function metadataOf(name: string, namespace: string | null): ObjectMeta {
  // Not `part-of` the stack: destroy must not take the rights away that it needs.
  const labels = { 'app.kubernetes.io/name': 'vdpactl-deployer' };
  return { name, ...(namespace === null ? {} : { namespace }), labels };
}

function ruleOf({ group, resource, names, verbs }: Grant): Json {
  return {
    apiGroups: [group],
    resources: [resource],
    ...(names === null ? {} : { resourceNames: names }),
    verbs: verbs.map(({ verb }) => verb),
  };
}

function subjectOf({ kind, name, namespace }: RoleSubject): Json {
  return namespace === undefined ? { kind, apiGroup, name } : { kind, name, namespace };
}
