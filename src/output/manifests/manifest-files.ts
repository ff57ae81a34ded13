// SPDX-License-Identifier: Apache-2.0
import type { KubernetesStack } from '../../templates/kubernetes/kubernetes-object.ts';
import { labelCommands } from './label-commands.ts';
import { objectYaml, plainYaml } from './manifest-yaml.ts';
import { stackSummary } from './stack-summary.ts';

/** The stack as a folder: one file an object, numbered in the order in which they are applied, and what kustomize and a reader want. */
export function toManifestFiles(stack: KubernetesStack): ReadonlyMap<string, string> {
  const digits = String(stack.objects.length).length;
  const manifests = stack.objects.map((object, index) => {
    const number = String(index + 1).padStart(digits, '0');
    return [`${number}-${object.kind.toLowerCase()}-${object.metadata.name}.yaml`, objectYaml(object)] as const;
  });
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: manifests.map(([name]) => name),
  };
  return new Map([['README.md', readme(stack)], ['kustomization.yaml', plainYaml(kustomization)], ...manifests]);
}

function readme(stack: KubernetesStack): string {
  return [
    '# The stack',
    '',
    '```text',
    ...stackSummary(stack),
    '```',
    '',
    'Label the nodes, then apply the folder:',
    '',
    '```sh',
    ...labelCommands(stack),
    'kubectl apply --server-side -k .',
    '```',
    '',
  ].join('\n');
}
