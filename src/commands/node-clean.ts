// SPDX-License-Identifier: Apache-2.0
import { closeSync, constants, existsSync, openSync, realpathSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { VdpaError } from '../errors/vdpa-error.ts';
import { type CleanResult, cleanNode, notClean } from '../node/clean/clean-node.ts';
import { HostFiles } from '../node/clean/host-files.ts';
import { liveCleanSystem } from '../node/clean/live-clean-system.ts';
import { journalFile } from '../node/journal-file.ts';
import { liveSystem } from '../node/live-system.ts';
import { errorFields } from '../output/error-text.ts';
import { probe } from '../platform/probe.ts';
import type { Context } from './command.ts';

export interface CleanOptions {
  readonly stateDir: string;
  readonly dryRun: boolean;
  readonly host: string;
  readonly multus: boolean;
  readonly resultFile?: string;
}

/** kubelet cuts the message of a container off there, and half a document is none. */
const resultLimitBytes = 4096;

export interface CleanedHost {
  readonly document: object;
  readonly result: CleanResult;
  /** Why the host is not clean; null: it is. */
  readonly error: VdpaError | null;
}

/** Cleans the host below a folder. Devices are those of the running kernel. */
export async function cleanHost(context: Context, options: CleanOptions): Promise<CleanedHost> {
  const { env, cwd, progress, signal } = context;
  const { dryRun, multus } = options;
  const host = hostRoot(resolve(cwd, options.host), options.host);
  const path = resolve(host === '/' ? cwd : '/', options.stateDir);
  const folder = new HostFiles(host).locate(path) ?? join(host, path);
  const stateDir = { path, store: journalFile(folder), exists: () => existsSync(folder) };
  const node = liveSystem(() => probe({ env }), env);
  const common = { host, multus, dryRun, stateDir, node, progress, signal };
  const result = await cleanNode({ ...common, system: liveCleanSystem });
  const error = notClean(result);
  const document = { ...result, error: error === null ? null : errorFields(error) };
  if (options.resultFile !== undefined) writeResult(options.resultFile, result);
  return { document, result, error };
}

/** Its real path: what the kernel says of mounts is said of those. */
function hostRoot(host: string, shown: string): string {
  // What is mounted there would not be seen, and so not be spared.
  if (/^\/proc\//.test(host)) throw noHost(shown, 'the root of another process is none that can be cleaned');
  try {
    return realpathSync(host);
  } catch {
    throw noHost(shown, 'there is no such folder');
  }
}

function noHost(host: string, why: string): VdpaError {
  return new VdpaError('VDPA-USAGE-001', `--host ${host}: ${why}`, {
    next: 'name the folder below which the file system of the host is mounted, or leave --host out on the host itself',
  });
}

/** Only into a file that is there: that is how a container gives kubelet its last word. */
function writeResult(file: string, { schemaVersion, removed, left, kept }: CleanResult): void {
  const text = JSON.stringify({ schemaVersion, removed, left, kept });
  if (Buffer.byteLength(text) > resultLimitBytes) return;
  const fd = openSync(file, constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW);
  try {
    writeFileSync(fd, text);
  } finally {
    closeSync(fd);
  }
}
