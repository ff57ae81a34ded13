// SPDX-License-Identifier: Apache-2.0
import type { KubernetesStack } from '../../templates/kubernetes/kubernetes-object.ts';

/** So that a line can still be read. */
const nodesOfALine = 8;

/** The commands that label the nodes of a stack, nodes with the same labels together. */
export function labelCommands({ nodeLabels }: KubernetesStack): string[] {
  const byLabels = new Map<string, string[]>();
  for (const { node, labels } of nodeLabels) {
    const text = Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(' ');
    byLabels.set(text, [...(byLabels.get(text) ?? []), node]);
  }
  return [...byLabels].flatMap(([labels, nodes]) =>
    Array.from({ length: Math.ceil(nodes.length / nodesOfALine) }, (_, index) => {
      const some = nodes.slice(index * nodesOfALine, (index + 1) * nodesOfALine);
      return `kubectl label --overwrite node ${some.join(' ')} ${labels}`;
    }),
  );
}
