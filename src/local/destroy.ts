// SPDX-License-Identifier: Apache-2.0
import type { RunDir } from '../../dataplane/contract/run-dir.ts';
import { messageOf, VdpaError } from '../errors/vdpa-error.ts';
import type { Progress } from '../output/progress.ts';
import { endProcesses, type MarkedProcess, markedProcesses } from '../process/process-table.ts';
import { schemaVersion } from '../schema-version.ts';
import { requireRoot } from './require-root.ts';
import { checkRunDir, removeRunDir, runDirExists } from './stack-files.ts';

export interface DestroyResult {
  readonly schemaVersion: typeof schemaVersion;
  readonly runDir: string;
  /** Whether there was anything to remove. */
  readonly changed: boolean;
  readonly ended: readonly { readonly role: string; readonly pid: number }[];
}

const endGraceMs = 3_000;
/**
 * The supervisor goes first, or it would start again what is being ended; then the others; then whatever was being
 * started while those ended.
 */
const maxRounds = 5;

/**
 * Ends every process of the stack and removes the run directory, then looks whether anything is left. Works on
 * whatever a killed run left behind, and again on nothing. Throws VDPA-DESTROY-001 naming what would not go, VDPA-ROOT-001.
 */
export async function destroyStack(dir: RunDir, progress: Progress): Promise<DestroyResult> {
  requireRoot();
  checkRunDir(dir);
  const existed = runDirExists(dir);
  const ended = await endAll(dir, progress);
  const left = markedProcesses(dir.root);
  if (left.length > 0)
    throw notRemoved(
      dir,
      left.map(({ role, pid }) => `process ${pid} (${role}) does not end`),
    );
  if (existed) {
    progress.step(`Removing ${dir.root}`);
    try {
      removeRunDir(dir);
    } catch (error) {
      throw notRemoved(dir, [`${dir.root}: ${messageOf(error)}`]);
    }
  }
  return {
    schemaVersion,
    runDir: dir.root,
    changed: existed || ended.length > 0,
    ended: ended.map(({ role, pid }) => ({ role, pid })),
  };
}

async function endAll(dir: RunDir, progress: Progress): Promise<MarkedProcess[]> {
  const ended: MarkedProcess[] = [];
  for (let round = 0; round < maxRounds; round += 1) {
    const found = markedProcesses(dir.root);
    if (found.length === 0) break;
    if (round === 0) progress.step(`Ending ${found.length} ${found.length === 1 ? 'process' : 'processes'}`);
    const supervisors = found.filter((process) => process.role === 'supervisor');
    const now = supervisors.length > 0 ? supervisors : found;
    await endProcesses(now, endGraceMs);
    ended.push(...now);
  }
  return ended;
}

function notRemoved(dir: RunDir, details: readonly string[]): VdpaError {
  return new VdpaError('VDPA-DESTROY-001', 'the stack could not be removed whole', {
    where: dir.root,
    next: 'mend what is named above and run vdpactl destroy again; it goes on where it stopped',
    details,
  });
}
