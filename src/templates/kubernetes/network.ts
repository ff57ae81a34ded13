// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { fullResourceName, metadata } from './names.ts';

/**
 * The network that pods ask for. Multus adds the id of the allocated device (`deviceID`) to this CNI configuration, and,
 * because of the capability, the file in which the plugin is to describe it. The version is one that every Multus
 * with the spec's CHECK can parse the answer of; nothing of a later one is of use here, because Multus calls STATUS and GC
 * for the default network only.
 */
export function networkAttachmentDefinition({ kubernetes }: Config): KubernetesObject {
  const meta = metadata('network', kubernetes.network, kubernetes.workloadNamespace);
  const cni = {
    cniVersion: '1.0.0',
    name: kubernetes.network,
    type: 'vdpa',
    capabilities: { CNIDeviceInfoFile: true },
  };
  return {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { ...meta, annotations: { 'k8s.v1.cni.cncf.io/resourceName': fullResourceName } },
    spec: { config: JSON.stringify(cni) },
  };
}
