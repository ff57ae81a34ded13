// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../../../config/config-schema.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import { workloadDeployment } from './workload-deployment.ts';

/** DPDK's l3fwd, by the arguments that its image has. */
export function l3fwd(config: Config): KubernetesObject[] {
  return [workloadDeployment(config, { name: 'l3fwd', image: 'l3fwd', restartPolicy: 'Always' })];
}
