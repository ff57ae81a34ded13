// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../../config/config-schema.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import { metadata, selectorLabels } from '../names.ts';
import { type WorkloadSketch, workloadPod } from './workload-pod.ts';

/** One replica: how many there can be depends on the devices that the nodes have. */
export function workloadDeployment(config: Config, sketch: WorkloadSketch): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata('workload', sketch.name, config.kubernetes.workloadNamespace),
    spec: {
      replicas: 1,
      // A new pod beside the old one would wait for a device that the old one has.
      strategy: { type: 'Recreate' },
      selector: { matchLabels: selectorLabels('workload', sketch.name) },
      template: workloadPod(config, sketch),
    },
  };
}
