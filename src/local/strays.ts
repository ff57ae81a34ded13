// SPDX-License-Identifier: Apache-2.0
import type { RunDir } from '../../dataplane/contract/run-dir.ts';
import { endProcesses, type MarkedProcess, markedProcesses } from '../process/process-table.ts';

const endGraceMs = 2_000;

/** Whether a process belongs to a run of vdpactl, such as a benchmark's generator, and not to what is deployed. */
export function isTransient({ role }: MarkedProcess): boolean {
  return role !== 'agent' && role !== 'supervisor' && !role.startsWith('backend:');
}

/** Ends what a killed run left. Only for who holds the stack's lock: nobody else's run can be under way then. */
export async function endStrays(dir: RunDir): Promise<void> {
  await endProcesses(markedProcesses(dir.root).filter(isTransient), endGraceMs);
}
