// SPDX-License-Identifier: Apache-2.0
import { lstatSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import * as z from 'zod';
import { backendSpecSchema } from '../../dataplane/contract/backend-spec.ts';
import { type RunDir, specFile } from '../../dataplane/contract/run-dir.ts';
import { errnoOf, messageOf, VdpaError } from '../errors/vdpa-error.ts';
import { readJsonFile } from '../files/json-file.ts';
import { makeFolder } from '../files/make-folder.ts';
import { diskError, writeFileAtomic } from '../files/write-atomic.ts';
import { schemaVersion } from '../schema-version.ts';
import type { LocalStack } from '../templates/local-stack.ts';

/** As much of stack.json as later commands need. */
const storedStackSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  kind: z.literal('LocalStack'),
  decision: z.object({ provider: z.string(), backend: z.string() }),
  backends: z.array(backendSpecSchema),
  cpus: z.object({
    backends: z.array(z.int()),
    workload: z.int(),
    generator: z.int(),
    overcommitted: z.boolean(),
  }),
});

export type StoredStack = z.infer<typeof storedStackSchema>;

/** What is deployed in `dir`, or null. */
export function readStack(dir: RunDir): StoredStack | null {
  return readJsonFile(dir.stack, storedStackSchema);
}

/** Whether the run directory is there in any form. */
export function runDirExists(dir: RunDir): boolean {
  return lstatSync(dir.root, { throwIfNoEntry: false }) !== undefined;
}

/** What goes into the arguments of a DPDK program and of a shell as it is: a comma would begin another key of a `--vdev`. */
const plainPath = /^[\p{L}\p{N}._+@/-]+$/u;

/** What a write of stack.json that was killed leaves. */
const unfinishedStack = /^stack\.json\.\d+\.tmp$/;

/**
 * Refuses a run directory that holds something that is not ours: `destroy` would remove it. That a folder is called `log`
 * does not make it ours; stack.json beside it does, which is the first to be written and the last to be removed. Throws
 * VDPA-RUNDIR-001.
 */
export function checkRunDir(dir: RunDir): void {
  const refuse = (message: string) => {
    throw new VdpaError('VDPA-RUNDIR-001', message, {
      where: dir.root,
      next: 'choose another folder with --run-dir; one that does not exist yet is best',
    });
  };
  if (!isAbsolute(dir.root)) refuse('it must be an absolute path');
  if (!plainPath.test(dir.root)) refuse('it may have letters, digits and ._-+@ in its names, and nothing else');
  const info = lstatSync(dir.root, { throwIfNoEntry: false });
  if (info === undefined) return;
  if (!info.isDirectory()) refuse('it is not a folder');
  const found = entries(dir.root).filter((name) => !unfinishedStack.test(name));
  const foreign = found.filter((name) => !ownEntries(dir).includes(name));
  const listed = (names: readonly string[]) => names.slice(0, 5).join(', ');
  if (foreign.length > 0) refuse(`it holds what vdpactl did not put there: ${listed(foreign)}`);
  if (found.length > 0 && !found.includes(basename(dir.stack)))
    refuse(`it holds ${listed(found)}, and no stack.json that says that they are of vdpactl`);
}

/** Makes the run directory and writes the stack and the wanted backends into it; others' specs go. */
export function writeStack(dir: RunDir, stack: LocalStack): void {
  checkRunDir(dir);
  try {
    makeFolder(dir.root);
    removeOtherSpecs(dir, stack);
    writeFileAtomic(dir.stack, `${JSON.stringify(stack, null, 2)}\n`);
    for (const folder of [dir.backends, dir.workloads, dir.devices, dir.wires, dir.logs]) makeFolder(folder);
    for (const backend of stack.backends)
      writeFileAtomic(specFile(dir, backend.device), `${JSON.stringify(backend, null, 2)}\n`);
  } catch (error) {
    const known = diskError(error, dir.root);
    if (known instanceof VdpaError) throw known;
    throw new VdpaError('VDPA-RUNDIR-001', `it cannot be written: ${messageOf(error)}`, {
      where: dir.root,
      next: 'make it writable for root or choose another folder with --run-dir',
      cause: error,
    });
  }
}

/**
 * Removes the specs of backends that are not in the stack, damaged ones too. Before stack.json is written, so that a run
 * that is killed in between still differs from what is wanted, and the next one goes on.
 */
function removeOtherSpecs(dir: RunDir, stack: LocalStack): void {
  const wanted = new Set(stack.backends.map((backend) => specFile(dir, backend.device)));
  for (const name of entries(dir.backends)) {
    const path = join(dir.backends, name);
    if (name.endsWith('.json') && !name.endsWith('.status.json') && !wanted.has(path)) rmSync(path, { force: true });
  }
}

/** Removes the run directory: what is ours in it, stack.json last, and the folder itself once it is empty. */
export function removeRunDir(dir: RunDir): void {
  const remove = (name: string) => rmSync(join(dir.root, name), { recursive: true, force: true });
  const stack = basename(dir.stack);
  for (const name of ownEntries(dir)) if (name !== stack) remove(name);
  for (const name of entries(dir.root)) if (unfinishedStack.test(name)) remove(name);
  remove(stack);
  try {
    rmdirSync(dir.root);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function ownEntries(dir: RunDir): string[] {
  const { root, ...ours } = dir;
  return Object.values(ours).map((path) => path.slice(root.length + 1));
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
