// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import { VdpaError } from '../../errors/vdpa-error.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { metadata } from './names.ts';

/** They belong to Kubernetes: nothing of the stack changes or, when it goes, removes them. */
const ofKubernetes: readonly string[] = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/**
 * Two namespaces, because their Pod Security differs. The parts of the node use the host, so that theirs has to be
 * `privileged`. Workloads do not, whatever the backend: a socket comes through an emptyDir, and a vhost-vdpa character
 * device through the device plugin, which is not part of the pod's security context and nothing that Pod Security
 * looks at. `restricted` is enough for both. Throws VDPA-RENDER-001.
 */
export function namespaces(config: Config): KubernetesObject[] {
  const { namespace, workloadNamespace } = config.kubernetes;
  if (namespace === workloadNamespace) {
    throw new VdpaError(
      'VDPA-RENDER-001',
      'the stack and the workloads cannot share a namespace: only the stack may use the host',
      {
        where: 'kubernetes.workloadNamespace',
        next: `give kubernetes.namespace and kubernetes.workloadNamespace two names; both are ${namespace}`,
      },
    );
  }
  return [withPodSecurity(namespace, 'privileged'), withPodSecurity(workloadNamespace, 'restricted')].filter(
    ({ metadata: { name } }) => !ofKubernetes.includes(name),
  );
}

function withPodSecurity(name: string, level: 'privileged' | 'restricted'): KubernetesObject {
  const meta = metadata('namespace', name);
  const modes = level === 'privileged' ? ['enforce'] : ['enforce', 'audit', 'warn'];
  const labels = modes.flatMap((mode) => [
    [`pod-security.kubernetes.io/${mode}`, level],
    [`pod-security.kubernetes.io/${mode}-version`, 'latest'],
  ]);
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { ...meta, labels: { ...meta.labels, ...Object.fromEntries(labels) } },
  };
}
