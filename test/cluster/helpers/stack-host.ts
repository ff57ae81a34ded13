// SPDX-License-Identifier: Apache-2.0
import { type Config, configSchema } from '../../../src/config/config-schema.ts';
import type { NodeReport } from '../../../src/platform/node-report.ts';
import { decide } from '../../../src/providers/decide.ts';
import { schemaVersion } from '../../../src/schema-version.ts';
import { advertisedByAgent, nodeLabelKeys, nothing } from '../../../src/templates/kubernetes/names.ts';
import { renderKubernetes } from '../../../src/templates/kubernetes/render-kubernetes.ts';
import type { PodFate, SimulatedNode, SimulatedPod } from './simulated-node.ts';

/** What the parts of the stack leave on a host, by component. Multus takes its configuration back itself when it goes. */
const leaves: Readonly<Record<string, readonly string[]>> = {
  agent: ['/run/vdpa', '/var/lib/vdpactl/node', '/opt/cni/bin/vdpa'],
  'device-plugin': ['/var/lib/vdpactl/node'],
  backend: ['/run/vdpa'],
  multus: ['/opt/cni/bin/multus-shim', '/etc/cni/net.d/multus.d'],
};

/**
 * A simulated node that pods of a stack run on: they become ready, one of them offers the node's devices, a probe answers
 * with the node's report, and what they left on the host stays until `vdpactl node clean` ran there.
 */
export class StackHost implements SimulatedNode {
  readonly name: string;
  readonly report: NodeReport;
  /** What is on the host that was not there at first. */
  readonly residue = new Set<string>();
  /** What becomes of a pod of the stack instead; undefined: what should. */
  override: (pod: SimulatedPod) => PodFate | undefined = () => undefined;
  readonly #devices: number;
  readonly #offeredBy: string;
  readonly #afterMs: number;
  readonly #running = new Map<string, string>();

  constructor(report: NodeReport, { config = configSchema.parse({}), afterMs = 0 }: StackHostOptions = {}) {
    this.name = report.node.name ?? '';
    this.report = report;
    this.#afterMs = afterMs;
    const decision = decide(report, config);
    const [labels] = renderKubernetes({ nodes: [{ report, decision }], config }).nodeLabels;
    const set = labels?.labels[nodeLabelKeys.deviceSet] ?? nothing;
    this.#devices = decision.devices.length;
    this.#offeredBy = set === nothing ? '' : set === advertisedByAgent ? 'agent' : 'device-plugin';
  }

  fate(pod: SimulatedPod): PodFate {
    const override = this.override(pod);
    if (override !== undefined) return override;
    const words = commandOf(pod);
    if (words.includes('detect')) return { kind: 'succeeds', log: `${JSON.stringify(this.report, null, 2)}\n` };
    if (words.includes('clean')) return { kind: 'succeeds', log: `${JSON.stringify(this.#clean(), null, 2)}\n` };
    const component = componentOf(pod);
    this.#running.set(pod.metadata.uid, component);
    for (const path of leaves[component] ?? []) this.residue.add(path);
    return { kind: 'runs', afterMs: this.#afterMs };
  }

  offers(pod: SimulatedPod): number | null {
    return componentOf(pod) === this.#offeredBy ? this.#devices : null;
  }

  ended(pod: SimulatedPod): void {
    this.#running.delete(pod.metadata.uid);
  }

  /** As the real one, it leaves alone what a part of the stack that still runs would make anew. */
  #clean(): object {
    const inUse = new Set([...this.#running.values()].flatMap((component) => leaves[component] ?? []));
    const removed = [...this.residue].filter((path) => !inUse.has(path)).sort();
    const left = [...this.residue].filter((path) => inUse.has(path)).map((what) => ({ what, why: 'in use' }));
    for (const path of removed) this.residue.delete(path);
    return { schemaVersion, removed, left };
  }
}

export interface StackHostOptions {
  /** As the stack is deployed with, where that decides what the node offers. */
  readonly config?: Config;
  /** How long a pod takes to become ready, ms. */
  readonly afterMs?: number;
}

function componentOf({ metadata }: SimulatedPod): string {
  return metadata.labels?.['app.kubernetes.io/component'] ?? '';
}

function commandOf({ spec }: SimulatedPod): readonly unknown[] {
  const [container] = spec.containers;
  return [container?.['command'], container?.['args']].flatMap((words) => (Array.isArray(words) ? words : []));
}
