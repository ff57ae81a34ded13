// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import type { KubernetesObject } from '../../templates/kubernetes/kubernetes-object.ts';
import { groupOf, refOf, renderedKinds } from '../objects/object-ref.ts';
import type { Grant, GrantedVerb } from './grant.ts';

/** What is done to every object of a stack. */
const ofObject: readonly GrantedVerb[] = [
  { verb: 'get', why: 'compares it with what is wanted, and looks whether it is gone' },
  { verb: 'patch', why: 'applies it (server-side apply, and the dry run of it)' },
  { verb: 'create', why: 'an apply makes what is not there' },
  { verb: 'delete', why: 'removes what is no longer wanted, and on destroy all of it' },
];

/** A namespace that is there already is neither made nor, by destroy, removed. */
const ofNamespace: readonly GrantedVerb[] = [
  { verb: 'get', why: 'looks whether it is there' },
  { verb: 'patch', why: 'applies its labels, and takes them back on destroy' },
];

/** On each kind that a stack can have, whatever this one has: so that what an earlier config left is found. */
const ofKind: readonly GrantedVerb[] = [
  { verb: 'list', why: 'finds the objects of the stack by their mark, also when its record was lost' },
];

const watched: readonly GrantedVerb[] = [{ verb: 'watch', why: 'waits until it is ready' }];

/** Kinds with a status to wait for. */
const withStatus: readonly string[] = ['Namespace', 'CustomResourceDefinition', 'DaemonSet', 'Deployment', 'CronJob'];

/** The rights to every object that is rendered, and to find those of each kind that can be. */
export function renderedGrants(objects: readonly KubernetesObject[]): Grant[] {
  const kinds = renderedKinds.map(({ apiVersion, resource }): Grant => {
    return { group: groupOf(apiVersion), resource, namespace: null, names: null, verbs: ofKind };
  });
  return [...kinds, ...objects.flatMap(grantsOf)];
}

function grantsOf(object: KubernetesObject): Grant[] {
  const { apiVersion, kind, resource, namespace, name } = refOf(object);
  const common = { group: groupOf(apiVersion), resource, namespace };
  // Objects of the whole cluster are many, and these are few: nothing is asked for that is another's.
  const names = namespace === null ? [name] : null;
  const own: Grant = { ...common, names, verbs: kind === 'Namespace' ? ofNamespace : ofObject };
  return withStatus.includes(kind) ? [own, { ...common, names: null, verbs: watched }] : [own];
}

const roleSchema = z.object({
  rules: z.array(
    z.object({
      apiGroups: z.array(z.string()),
      resources: z.array(z.string()),
      verbs: z.array(z.string()),
    }),
  ),
});

/** Kubernetes lets nobody make or bind a role with a right that they do not have themselves. */
export function escalationGrants(objects: readonly KubernetesObject[]): Grant[] {
  return objects
    .filter(({ kind }) => kind === 'ClusterRole')
    .flatMap((role) => {
      const why = `the role ${role.metadata.name} has it, and nobody may give a right that they do not have`;
      return roleSchema.parse(role).rules.flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.flatMap((group) =>
          resources.map((resource): Grant => {
            const granted = verbs.map((verb) => ({ verb, why }));
            return { group, resource, namespace: null, names: null, verbs: granted };
          }),
        ),
      );
    });
}
