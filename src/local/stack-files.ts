// SPDX-License-Identifier: Apache-2.0
import { lstatSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import * as z from 'zod';
import { backendSpecSchema } from '../../dataplane/contract/backend-spec.ts';
import { type RunDir, specFile } from '../../dataplane/contract/run-dir.ts';
import { readSpecs } from '../../dataplane/contract/spec-store.ts';
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

/** Refuses a run directory that holds something that is not ours: `destroy` would remove it. Throws VDPA-RUNDIR-001. */
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
  const foreign = entries(dir).filter((name) => !ownEntries(dir).includes(name));
  if (foreign.length > 0) refuse(`it holds what vdpactl did not put there: ${foreign.slice(0, 5).join(', ')}`);
}

/** Makes the run directory and writes the stack and the wanted backends into it; others' specs go. */
export function writeStack(dir: RunDir, stack: LocalStack): void {
  checkRunDir(dir);
  try {
    for (const folder of [dir.root, dir.backends, dir.workloads, dir.devices, dir.wires, dir.logs]) {
      makeFolder(folder);
    }
    const wanted = new Set(stack.backends.map((backend) => backend.device));
    writeFileAtomic(dir.stack, `${JSON.stringify(stack, null, 2)}\n`);
    for (const backend of stack.backends)
      writeFileAtomic(specFile(dir, backend.device), `${JSON.stringify(backend, null, 2)}\n`);
    for (const device of readSpecs(dir).keys()) {
      if (!wanted.has(device)) rmSync(specFile(dir, device), { force: true });
    }
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

/** Removes the run directory: what is ours in it, and the folder itself once it is empty. */
export function removeRunDir(dir: RunDir): void {
  for (const name of ownEntries(dir)) rmSync(join(dir.root, name), { recursive: true, force: true });
  try {
    for (const name of entries(dir)) if (/\.tmp$/.test(name)) rmSync(join(dir.root, name), { force: true });
    rmdirSync(dir.root);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function ownEntries(dir: RunDir): string[] {
  const { root, ...ours } = dir;
  return Object.values(ours).map((path) => path.slice(root.length + 1));
}

function entries(dir: RunDir): string[] {
  try {
    return readdirSync(dir.root);
  } catch {
    return [];
  }
}
