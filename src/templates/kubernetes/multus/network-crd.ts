// SPDX-License-Identifier: Apache-2.0
import type { KubernetesObject } from '../kubernetes-object.ts';
import { metadata } from '../names.ts';

/** The kind NetworkAttachmentDefinition of the network plumbing working group. */
export function networkCrd(): KubernetesObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: metadata('multus', 'network-attachment-definitions.k8s.cni.cncf.io'),
    spec: {
      group: 'k8s.cni.cncf.io',
      scope: 'Namespaced',
      names: {
        plural: 'network-attachment-definitions',
        singular: 'network-attachment-definition',
        kind: 'NetworkAttachmentDefinition',
        listKind: 'NetworkAttachmentDefinitionList',
        shortNames: ['nad', 'net-attach-def'],
      },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description: 'One more network that a pod can ask for.',
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec: {
                  type: 'object',
                  properties: { config: { type: 'string', description: 'A CNI configuration, as JSON.' } },
                },
              },
            },
          },
        },
      ],
    },
  };
}
