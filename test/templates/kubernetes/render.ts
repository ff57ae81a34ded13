// SPDX-License-Identifier: Apache-2.0
import { type Config, configSchema } from '../../../src/config/config-schema.ts';
import type { NodeReport } from '../../../src/platform/node-report.ts';
import { decide } from '../../../src/providers/decide.ts';
import type { KubernetesObject, KubernetesStack } from '../../../src/templates/kubernetes/kubernetes-object.ts';
import { renderKubernetes } from '../../../src/templates/kubernetes/render-kubernetes.ts';

/** The stack of nodes, decided and rendered with the defaults for what the config leaves out. */
export function renderNodes(reports: readonly NodeReport[], change: object = {}): KubernetesStack {
  const config: Config = configSchema.parse(change);
  return renderKubernetes({ nodes: reports.map((report) => ({ report, decision: decide(report, config) })), config });
}

/** The objects of a kind whose names match. */
export function objectsOf(stack: KubernetesStack, kind: string, name = /./): KubernetesObject[] {
  return stack.objects.filter((object) => object.kind === kind && name.test(object.metadata.name));
}
