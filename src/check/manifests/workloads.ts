// SPDX-License-Identifier: Apache-2.0
import { networksIn } from './networks.ts';
import type { ParsedManifests } from './parsed-manifests.ts';
import { extendedResources, type Pod, podsIn } from './pods.ts';
import { allPools } from './pools.ts';

/** The pods that use a device: they have networks, or ask for a resource of a pool or a network. */
export function workloadsIn(manifests: ParsedManifests): readonly Pod[] {
  const networks = networksIn(manifests).flatMap(({ resource }) => resource ?? []);
  const resources = new Set([...allPools(manifests).map(({ resource }) => resource), ...networks]);
  return podsIn(manifests).filter(
    (pod) =>
      pod.networks.length > 0 ||
      pod.networksProblem !== null ||
      [...extendedResources(pod)].some((name) => resources.has(name)),
  );
}
