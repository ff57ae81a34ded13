// SPDX-License-Identifier: Apache-2.0
import type { Deployment } from '../../cluster/deploy/deploy-cluster.ts';
import type { Prepared } from '../../cluster/deploy/prepare-deployment.ts';
import type { PlannedNode } from '../../cluster/stack/stack-plan.ts';
import { printable, textTable } from '../text-table.ts';
import { changesText } from './changes-text.ts';
import type { Place } from './deploy-document.ts';

/** Groups of nodes shown; the JSON has every node. */
const shownGroups = 12;
const shownNames = 3;
const shownSkipped = 12;

/** What a deployment came to. */
export function deploymentText(place: Place, result: Deployment): string {
  const lines = [headline(place, result), '', ...nodeTable(result.plan.nodes)];
  if (result.state === 'deployed') lines.push('', ...changesText(result.changes));
  lines.push(...remarks(result), ...unavailable(result));
  if (result.state !== 'declined') lines.push('', `next: vdpactl status --target kubernetes${flags(place)}`);
  return `${lines.join('\n')}\n`;
}

/** What a deployment would do. */
export function plannedText(place: Place, prepared: Omit<Prepared, 'stack' | 'liveNodes'>): string {
  const lines = [
    `in context ${place.context}, namespace ${place.namespace}, a deployment would change:`,
    '',
    ...changesText(prepared.changes),
    '',
    ...nodeTable(prepared.plan.nodes),
    ...remarks(prepared),
  ];
  return `${lines.join('\n')}\n`;
}

/** What is said when a deployment would change nothing. */
export function sameText({ context, namespace }: Place, prepared: Omit<Prepared, 'stack' | 'liveNodes'>): string {
  return `${[`no difference in context ${context}, namespace ${namespace}`, ...remarks(prepared)].join('\n')}\n`;
}

function headline({ context, namespace }: Place, { state, waited }: Deployment): string {
  const where = `in context ${context}, namespace ${namespace}`;
  if (state === 'declined') return `nothing was changed ${where}`;
  if (state === 'unchanged') return `nothing to do: the stack ${where} is as wanted and ready`;
  const pulls = waited !== null && waited.pullMs >= 1000 ? `, of which images took ${seconds(waited.pullMs)}` : '';
  return `deployed and ready ${where}${waited === null ? '' : ` after ${seconds(waited.waitedMs)}${pulls}`}`;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** One row for nodes that are alike. */
function nodeTable(nodes: readonly PlannedNode[]): string[] {
  const groups = new Map<string, PlannedNode[]>();
  for (const node of nodes) {
    const key = JSON.stringify([node.provider, node.backend, node.devices]);
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  const rows = [...groups.values()].slice(0, shownGroups).map((group) => {
    const [{ provider, backend, devices } = { provider: '', backend: '', devices: 0 }] = group;
    const more = group.length > shownNames ? ` and ${group.length - shownNames} more` : '';
    const names = group.slice(0, shownNames).map(({ name }) => name);
    return [provider, backend, `${devices}`, `${names.join(', ')}${more}`];
  });
  const more = groups.size - shownGroups;
  return [
    ...textTable([['provider', 'backend', 'devices', 'nodes'], ...rows]),
    ...(more > 0 ? [`and ${more} more kinds of nodes`] : []),
  ];
}

function remarks({ skipped, leftOut, warnings }: Omit<Prepared, 'stack' | 'liveNodes' | 'plan' | 'changes'>): string[] {
  const lines = [
    ...warnings,
    ...skipped.slice(0, shownSkipped).map(({ node, error, kept }) => {
      return `node ${node}: ${error.message}${kept ? '; it stays as it is' : '; it is left out'}`;
    }),
    ...(skipped.length > shownSkipped ? [`more could not be asked, ${skipped.length} in all`] : []),
  ].map((text) => `warning: ${printable(text)}`);
  if (leftOut.length > 0) {
    const more = leftOut.length > shownNames ? ` and ${leftOut.length - shownNames} more` : '';
    lines.push(`left out, having no NIC to give away: ${leftOut.slice(0, shownNames).join(', ')}${more}`);
  }
  return lines.length === 0 ? [] : ['', ...lines];
}

/** Nodes that the stack was deployed to and that do not run it yet. */
function unavailable({ waited }: Deployment): string[] {
  const nodes = waited?.unavailableNodes ?? [];
  const more = nodes.length - shownGroups;
  return [
    ...nodes.slice(0, shownGroups).map(({ name, why }) => `warning: not ready yet: node ${name}: ${why}`),
    ...(more > 0 ? [`warning: and ${more} more nodes`] : []),
  ];
}

const flags = ({ context, namespace }: Place): string => ` --context ${context} --namespace ${namespace}`;
