// SPDX-License-Identifier: Apache-2.0
import { fullResourceName, nodeLabelKeys } from '../../templates/kubernetes/names.ts';
import { ownerAnnotation } from '../stack/stack-names.ts';
import type { PlannedNode } from '../stack/stack-plan.ts';
import { allocatableDevices, type StackNode, whyNotReady } from '../wait/stack-node.ts';
import type { NodeAnswer } from './read-node-pages.ts';
import type { DeviceUser, PodFacts } from './read-pods.ts';
import type { NodeStatus } from './status-types.ts';

export interface NodeContext {
  readonly namespace: string;
  readonly settled: boolean;
  /** What the agents say, by node; null: they were not asked. */
  readonly pages: ReadonlyMap<string, NodeAnswer> | null;
}

/**
 * The nodes of a stack: those of its plan, and those that are marked as its own. Pure; sorted by name. While a stack is
 * changed (not `settled`), its labels and devices come and go, and are no problem.
 */
export function judgeNodes(
  planned: readonly PlannedNode[],
  live: readonly StackNode[],
  pods: PodFacts | null,
  { namespace, settled, pages }: NodeContext,
): NodeStatus[] {
  const plans = new Map(planned.map((node) => [node.name, node]));
  const nodes = new Map(live.map((node) => [node.metadata.name, node]));
  const marked = live.filter((node) => ownerOf(node) === namespace).map(({ metadata }) => metadata.name);
  const users = grouped(pods?.users ?? []);
  const unready = grouped(pods?.unready ?? []);
  return [...new Set([...plans.keys(), ...marked])].sort().map((name): NodeStatus => {
    const plan = plans.get(name);
    const node = nodes.get(name);
    const inUse = sum(users.get(name) ?? []);
    return {
      name,
      provider: plan?.provider ?? node?.metadata.labels?.[nodeLabelKeys.provider] ?? 'unknown',
      backend: plan?.backend ?? null,
      ready: node !== undefined && whyNotReady(node) === null,
      planned: plan?.devices ?? null,
      allocatable: node === undefined ? null : allocatableDevices(node),
      inUse: pods === null ? null : inUse,
      pods: (users.get(name) ?? []).map(({ pod }) => pod),
      devices: pages?.get(name)?.page?.devices ?? null,
      problems: [
        ...problemsOf(node),
        ...(settled && node !== undefined ? differences(plan, node, namespace) : []),
        ...(node !== undefined && inUse > allocatableDevices(node)
          ? [`pods have ${inUse} ${fullResourceName}, and it offers ${allocatableDevices(node)}`]
          : []),
        ...(pages === null || node === undefined ? [] : agentProblems(pages.get(name), plan)),
        ...(unready.get(name) ?? []).map(({ pod, why }) => `pod ${pod}: ${why}`),
      ],
    };
  });
}

/** What the agent says stands in the way. That a node without a device has none is as planned. */
function agentProblems(answer: NodeAnswer | undefined, plan: PlannedNode | undefined): string[] {
  if (answer === undefined) return [];
  if (answer.page === null) return [`its agent does not say what the devices do: ${answer.why}`];
  const { devices, problems } = answer.page;
  const down = devices.filter(({ state }) => state !== 'running');
  return [
    ...(plan?.devices === 0 && devices.length === 0 ? [] : problems.map((problem) => `its agent says: ${problem}`)),
    ...down.map(({ device, state }) => `the backend of ${device} is ${state}`),
  ];
}

function problemsOf(node: StackNode | undefined): string[] {
  if (node === undefined) return ['the cluster has no such node'];
  const notReady = whyNotReady(node);
  return notReady === null ? [] : [notReady];
}

/** How a node differs from its plan. */
function differences(plan: PlannedNode | undefined, node: StackNode, namespace: string): string[] {
  if (plan === undefined) return ['it is marked as part of the stack, and is not in its plan'];
  const problems: string[] = [];
  const owner = ownerOf(node);
  if (owner === undefined) problems.push('it is not marked as part of the stack');
  else if (owner !== namespace) problems.push(`it is marked as part of the stack in ${owner}`);
  for (const [key, wanted] of Object.entries(plan.labels).sort()) {
    const given = node.metadata.labels?.[key];
    if (given === undefined) problems.push(`its label ${key} is gone`);
    else if (given !== wanted) problems.push(`its label ${key} is ${given} instead of ${wanted}`);
  }
  const allocatable = allocatableDevices(node);
  if (allocatable < plan.devices) problems.push(`offers ${allocatable} of ${plan.devices} ${fullResourceName}`);
  if (allocatable > plan.devices) {
    const more = `offers ${allocatable} ${fullResourceName}, and ${plan.devices} are planned`;
    problems.push(`${more}: vdpactl deploy plans for what has come`);
  }
  return problems;
}

const ownerOf = ({ metadata }: StackNode): string | undefined => metadata.annotations?.[ownerAnnotation];

const sum = (users: readonly DeviceUser[]): number => users.reduce((total, { devices }) => total + devices, 0);

function grouped<Item extends { readonly node: string }>(items: readonly Item[]): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(item.node);
    if (group === undefined) groups.set(item.node, [item]);
    else group.push(item);
  }
  return groups;
}
