// SPDX-License-Identifier: Apache-2.0
import type { Json, KubernetesStack } from '../../templates/kubernetes/kubernetes-object.ts';
import { version } from '../../version.ts';

/** What a stack is, in sentences: how big, by which vdpactl, which images it runs, and what to know when applying it. */
export function stackSummary({ objects, nodeLabels }: KubernetesStack): string[] {
  const images = [...new Set(objects.flatMap((object) => Object.values(object).flatMap(imagesIn)))].sort();
  const hasCrd = objects.some(({ kind }) => kind === 'CustomResourceDefinition');
  return [
    `vdpactl ${version}: the stack of a cluster, ${objects.length} objects for ${nodeLabels.length} ${nodeLabels.length === 1 ? 'node' : 'nodes'}.`,
    'The same nodes and the same config give the same bytes. Made by vdpactl render.',
    '',
    'Images:',
    ...images.map((image) => `  ${image}`),
    ...(hasCrd
      ? [
          '',
          'It defines the kind NetworkAttachmentDefinition and uses it: where kubectl says that it does not know the kind yet,',
          'apply it once more.',
        ]
      : []),
  ];
}

function imagesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(imagesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, Json]) =>
    key === 'image' && typeof inner === 'string' ? [inner] : imagesIn(inner),
  );
}
