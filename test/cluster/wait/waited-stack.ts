// SPDX-License-Identifier: Apache-2.0
import type { KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { applyObject } from '../../../src/cluster/objects/apply-object.ts';
import { type ObjectRef, pathOf } from '../../../src/cluster/objects/object-ref.ts';
import type { PlannedNode } from '../../../src/cluster/stack/stack-plan.ts';
import type { PodFate, SimulatedNode, SimulatedPod } from '../helpers/simulated-node.ts';

export const namespace = 'wait-system';
export const devices = 2;

const component = 'app.kubernetes.io/component';

/** A simulated node whose pods do as a test says, by their component. */
export class WaitedNode implements SimulatedNode {
  readonly name: string;
  readonly labels = { 'vdpactl.io/provider': 'aws' };
  readonly taints: readonly object[];
  readonly fates = new Map<string, PodFate>();
  offered = devices;

  constructor(name: string, { taints = [] }: { readonly taints?: readonly object[] } = {}) {
    this.name = name;
    this.taints = taints;
  }

  fate({ metadata }: SimulatedPod): PodFate {
    return this.fates.get(metadata.labels?.[component] ?? '') ?? { kind: 'runs' };
  }

  offers({ metadata }: SimulatedPod): number | null {
    return metadata.labels?.[component] === 'device-plugin' ? this.offered : null;
  }

  get planned(): PlannedNode {
    return { name: this.name, provider: 'aws', backend: 'testpmd', devices, labels: { ...this.labels } };
  }
}

/** As many nodes as a test wants, by number. */
export function numberedNodes(count: number): WaitedNode[] {
  return Array.from({ length: count }, (_, at) => new WaitedNode(`node-${String(at).padStart(4, '0')}`));
}

export function setRef(name: string): ObjectRef {
  return { apiVersion: 'apps/v1', kind: 'DaemonSet', resource: 'daemonsets', namespace, name };
}

/** A DaemonSet on the nodes of stacks, as far as waiting is concerned like those that are rendered. */
export function applySet(client: KubeClient, name: string, image = 'registry.invalid/x:1', hostPort?: number) {
  const selector = { [component]: name, 'app.kubernetes.io/instance': name };
  const labels = { ...selector, 'app.kubernetes.io/part-of': 'vdpactl' };
  const container = { name, image, ...(hostPort === undefined ? {} : { ports: [{ containerPort: 1, hostPort }] }) };
  return applyObject(client, setRef(name), {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace, labels },
    spec: {
      selector: { matchLabels: selector },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '50%' } },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 1,
          nodeSelector: { 'vdpactl.io/provider': 'aws' },
          containers: [container],
        },
      },
    },
  });
}

/** With its pods. */
export async function removeSet(client: KubeClient, name: string): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Foreground' };
  await client.request({ method: 'DELETE', path: pathOf(setRef(name)), body });
  for (;;) {
    const { items } = (await client.request({ path: `/apis/apps/v1/namespaces/${namespace}/daemonsets` })) as {
      items: readonly { readonly metadata: { readonly name: string } }[];
    };
    if (items.every(({ metadata }) => metadata.name !== name)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
