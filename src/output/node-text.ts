// SPDX-License-Identifier: Apache-2.0
import type { CleanResult } from '../node/clean/clean-node.ts';
import type { NodeAfter, NodePlan } from '../node/node-plan.ts';
import type { PrepareResult } from '../node/prepare.ts';
import type { RestoreResult } from '../node/restore.ts';
import { backendName } from './backend-name.ts';

export function prepareText({ plan, dryRun, done, now, notes }: PrepareResult): string {
  const lines = [
    ...notes.map((note) => `note: ${note}`),
    `provider ${plan.provider}, backend ${backendName(plan.backend)}`,
  ];
  if (plan.steps.length === 0) return `${[...lines, ...nothingToDo(plan)].join('\n')}\n`;
  lines.push(dryRun ? 'would do:' : done.length === 0 ? 'done: all was as wanted by the time' : 'done:');
  const shown = dryRun ? plan.steps : done;
  for (const step of shown) lines.push(`  ${dryRun ? '-' : '✓'} ${step.text}`);
  lines.push(dryRun ? 'then:' : 'now:', ...afterLines(now ?? plan.after));
  lines.push('', dryRun ? 'next: the same without --dry-run, as root' : 'to put it back: vdpactl node restore');
  return `${lines.join('\n')}\n`;
}

function nothingToDo(plan: NodePlan): string[] {
  if (plan.provider === 'local') {
    return [
      'nothing to prepare: the virtual devices of this provider need no NIC',
      'next: vdpactl deploy --provider local',
    ];
  }
  if (plan.after.devices.length === 0)
    return ['nothing to prepare: no device is given away', 'next: vdpactl detect says why'];
  return ['nothing to do: the node is prepared', ...afterLines(plan.after)];
}

function afterLines(after: NodeAfter): string[] {
  const devices = after.devices.map(({ device, driver, files }) => {
    const paths = files.map(
      ({ path, numberedByKernel }) => `${path}${numberedByKernel ? ' (N assigned by the kernel)' : ''}`,
    );
    return `  ${[device, driver === null ? 'no driver of its own' : `driver ${driver}`, ...paths].join(', ')}`;
  });
  const vfs = after.virtualFunctions.map(({ pf, count }) => `  ${pf}, ${count} virtual functions`);
  const pages = after.hugepages.map(
    ({ sizeKiB, numaNode, total, free }) =>
      `  huge pages of ${sizeKiB} KiB${numaNode === null ? '' : ` on NUMA node ${numaNode}`}: ${total}, ${free} free`,
  );
  return [...devices, ...vfs, ...pages];
}

const marks = { undone: '✓', already: '✓', left: '✗', planned: '-' } as const;

export function restoreText({ undone, dryRun, notes }: RestoreResult): string {
  const lines = notes.map((note) => `note: ${note}`);
  if (undone.length === 0) return `${[...lines, 'nothing to put back'].join('\n')}\n`;
  lines.push(dryRun ? 'would put back:' : 'put back:');
  for (const step of undone) {
    lines.push(`  ${marks[step.outcome]} ${step.text}${step.outcome === 'already' ? ' (it was so already)' : ''}`);
    for (const note of step.notes) lines.push(`    ${note}`);
  }
  return `${lines.join('\n')}\n`;
}

export function cleanText({ removed, left, kept, dryRun }: CleanResult): string {
  const lines: string[] = [];
  if (removed.length === 0 && left.length === 0) lines.push('nothing to remove: the node is clean');
  if (removed.length > 0) lines.push(dryRun ? 'would remove:' : 'removed:');
  for (const what of removed) lines.push(`  ${dryRun ? '-' : '✓'} ${what}`);
  if (left.length > 0) lines.push(dryRun ? 'would leave, as it is in use:' : 'left, as it is in use:');
  for (const { what, why } of left) lines.push(`  ✗ ${what}: ${why}`);
  if (kept.length > 0) lines.push("not the stack's, and left alone:");
  for (const { what, why } of kept) lines.push(`  ${what}: ${why}`);
  return `${lines.join('\n')}\n`;
}
