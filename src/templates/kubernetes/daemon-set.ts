// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../config/config-schema.ts';
import type { Json, KubernetesObject } from './kubernetes-object.ts';
import { type Component, configHashAnnotation, metadata, nodeLabelKeys, podLabels, selectorLabels } from './names.ts';

export interface DaemonSetSketch {
  readonly component: Component;
  readonly name: string;
  readonly serviceAccount: string;
  /** The pods call the API server; without it they are given no credential to do so. */
  readonly usesApi?: boolean;
  /** Labels that a node needs besides being one of the stack. */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** Why there has to be host network or host PID is said where it is asked for. */
  readonly hostNetwork?: boolean;
  readonly hostPid?: boolean;
  /** The hash of what the pods read from ConfigMaps. */
  readonly configHash?: string;
  /** How many nodes may be without it at once while it is updated: a number or a share (`10%`). */
  readonly maxUnavailable: number | string;
  readonly gracePeriodSeconds: number;
  readonly initContainers?: readonly Json[];
  readonly containers: readonly Json[];
  readonly volumes: readonly Json[];
}

/** A DaemonSet on the nodes of the stack. */
export function daemonSet(kubernetes: Config['kubernetes'], sketch: DaemonSetSketch): KubernetesObject {
  const { component, name, configHash, initContainers } = sketch;
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: metadata(component, name, kubernetes.namespace),
    spec: {
      selector: { matchLabels: selectorLabels(component, name) },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: sketch.maxUnavailable } },
      template: {
        metadata: {
          labels: podLabels(component, name),
          ...(configHash === undefined ? {} : { annotations: { [configHashAnnotation]: configHash } }),
        },
        spec: {
          serviceAccountName: sketch.serviceAccount,
          automountServiceAccountToken: sketch.usesApi ?? false,
          priorityClassName: 'system-node-critical',
          ...(sketch.hostNetwork === true ? { hostNetwork: true } : {}),
          ...(sketch.hostPid === true ? { hostPID: true } : {}),
          // No name has to be resolved, and the cluster's DNS may need what stands here in order to run.
          dnsPolicy: 'Default',
          terminationGracePeriodSeconds: sketch.gracePeriodSeconds,
          nodeSelector: { 'kubernetes.io/os': 'linux', ...nodeSelectorOf(kubernetes), ...sketch.nodeSelector },
          affinity: onNodesOfTheStack,
          ...(kubernetes.tolerateAll ? { tolerations: [{ operator: 'Exists' }] } : {}),
          ...pullSecretsOf(kubernetes),
          ...(initContainers === undefined ? {} : { initContainers }),
          containers: sketch.containers,
          volumes: sketch.volumes,
        },
      },
    },
  };
}

const onNodesOfTheStack = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: nodeLabelKeys.provider, operator: 'Exists' }] }],
    },
  },
};

function nodeSelectorOf({ nodeSelector }: Config['kubernetes']): Record<string, string> {
  return Object.fromEntries(
    [...nodeSelector].sort().map((label) => {
      const at = label.indexOf('=');
      return [label.slice(0, at), label.slice(at + 1)];
    }),
  );
}

/** The Secrets for pulling images, where there are any. */
export function pullSecretsOf({ images }: Config['kubernetes']): { imagePullSecrets?: { name: string }[] } {
  if (images.pullSecrets.length === 0) return {};
  return { imagePullSecrets: [...images.pullSecrets].sort().map((name) => ({ name })) };
}

/** An account without any right: it only says in logs and audits who it is. */
export function serviceAccount(component: Component, name: string, namespace: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata(component, name, namespace),
    automountServiceAccountToken: false,
  };
}
