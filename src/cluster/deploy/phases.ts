// SPDX-License-Identifier: Apache-2.0
import type { KubernetesObject } from '../../templates/kubernetes/kubernetes-object.ts';

/** What is applied together, in this order; destroy goes the other way. */
export const phases = [
  { name: 'namespaces', kinds: ['Namespace'] },
  { name: 'definitions', kinds: ['CustomResourceDefinition'] },
  { name: 'rights', kinds: ['ServiceAccount', 'ClusterRole', 'Role'] },
  // Whoever is no administrator may bind only a role that is there: its rights are compared with theirs.
  { name: 'bindings', kinds: ['ClusterRoleBinding', 'RoleBinding'] },
  { name: 'settings', kinds: ['ConfigMap', 'Secret'] },
  { name: 'parts of the nodes', kinds: ['DaemonSet'] },
  { name: 'networks', kinds: ['NetworkAttachmentDefinition'] },
  { name: 'workloads', kinds: ['Deployment', 'CronJob', 'Job', 'Pod'] },
] as const satisfies readonly { readonly name: string; readonly kinds: readonly string[] }[];

/** The last phase: what needs all others to be ready. */
export const workloadPhase = phases.length - 1;

/** The index of the phase of a kind. One that this vdpactl does not know comes with the workloads. */
export function phaseOf(kind: string): number {
  const found = phases.findIndex(({ kinds }) => (kinds as readonly string[]).includes(kind));
  return found === -1 ? workloadPhase : found;
}

/** The objects of each phase, phases without one left out. */
export function inPhases<Item extends { readonly kind: string }>(items: readonly Item[]): Item[][] {
  return phases
    .map((_, phase) => items.filter(({ kind }) => phaseOf(kind) === phase))
    .filter(({ length }) => length > 0);
}

export function isWorkload({ kind }: Pick<KubernetesObject, 'kind'>): boolean {
  return phaseOf(kind) === workloadPhase;
}
