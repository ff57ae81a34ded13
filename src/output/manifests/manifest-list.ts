// SPDX-License-Identifier: Apache-2.0

import { schemaVersion } from '../../schema-version.ts';
import type { KubernetesObject, KubernetesStack, NodeLabels } from '../../templates/kubernetes/kubernetes-object.ts';

/** One JSON document that `kubectl apply -f -` takes, with what it says beyond the objects. */
export interface ManifestList {
  readonly schemaVersion: typeof schemaVersion;
  readonly apiVersion: 'v1';
  readonly kind: 'List';
  /** Nodes are not applied: they are labelled. kubectl passes this over. */
  readonly nodeLabels: readonly NodeLabels[];
  readonly items: readonly KubernetesObject[];
}

export function toManifestList({ nodeLabels, objects }: KubernetesStack): ManifestList {
  return { schemaVersion, apiVersion: 'v1', kind: 'List', nodeLabels, items: objects };
}
