// SPDX-License-Identifier: Apache-2.0
import type { RequiredPermission } from '../../check/cluster/cluster-facts.ts';
import { isTooOld, kubernetesVersion, neededKubernetes } from '../../check/cluster/kubernetes-version.ts';
import type { Config } from '../../config/config-schema.ts';
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { requiredPermissions } from '../rbac/required-rules.ts';
import { askPermissions } from './ask-permissions.ts';
import { missingNamespaces } from './missing-namespaces.ts';
import { serverVersion } from './server-version.ts';

/**
 * Looks before anything is begun whether the cluster is one that vdpactl is made for, and whether this user may do all that a
 * deployment does. Changes nothing.
 * @throws VdpaError VDPA-KUBERNETES-001 for an older Kubernetes, VDPA-CLUSTER-003 naming every right that is missing.
 */
export async function preflight(client: KubeClient, config: Config, signal: AbortSignal): Promise<void> {
  const where = `context ${client.access.context}`;
  const text = await serverVersion(client, signal);
  const version = kubernetesVersion(text);
  if (version !== null && isTooOld(version)) {
    throw new VdpaError('VDPA-KUBERNETES-001', `the API server is ${text}, and vdpactl needs ${neededKubernetes}`, {
      where,
      next: 'upgrade the cluster, or choose another one with --context',
    });
  }
  const missing = await missingNamespaces(client, config, signal);
  const asked = await askPermissions(client, requiredPermissions(config, { missingNamespaces: missing }), signal);
  const refused = asked.filter(({ allowed }) => !allowed);
  if (refused.length === 0) return;
  const count = refused.length === 1 ? 'one right' : `${refused.length} rights`;
  throw new VdpaError('VDPA-CLUSTER-003', `you lack ${count} that a deployment needs`, {
    where,
    details: linesOf(refused),
    next: 'have an administrator apply what vdpactl rbac prints; nothing was changed',
  });
}

/** One line for each kind and place, with all of its verbs. */
function linesOf(refused: readonly RequiredPermission[]): string[] {
  const verbs = new Map<string, string[]>();
  for (const { verb, resource, namespace, name } of refused) {
    const place = namespace === null ? '' : ` in the namespace ${namespace}`;
    const key = `${resource}${name === null ? '' : ` ${name}`}${place}`;
    verbs.set(key, [...(verbs.get(key) ?? []), verb]);
  }
  return [...verbs].map(([what, words]) => `may not ${words.join(', ')} ${what}`);
}
