// SPDX-License-Identifier: Apache-2.0
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errnoOf, VdpaError } from '../../errors/vdpa-error.ts';
import { manifestLimits } from './manifest-limits.ts';

export interface ManifestFile {
  /** As the user named it, and as findings name it. */
  readonly name: string;
  readonly text: string;
}

const manifestName = /\.(?:ya?ml|json)$/i;

/** What standard input is read from. */
export type Input = AsyncIterable<Buffer | string> | Iterable<Buffer | string>;

/**
 * The manifests that the user named: files, folders (their .yaml, .yml and .json files, also further down; nothing that
 * begins with a dot) and `-` for standard input. Throws VDPA-CHECK-001 for what cannot be read.
 */
export async function readManifests(
  paths: readonly string[],
  cwd: string,
  stdin: Input,
): Promise<readonly ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const path of paths) {
    if (path === '-') files.push({ name: 'stdin', text: await readInput(stdin) });
    else for (const name of namesBelow(path, cwd)) files.push({ name, text: read(name, resolve(cwd, name)) });
  }
  return files;
}

async function readInput(stdin: Input): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    length += bytes.length;
    if (length > manifestLimits.fileBytes) throw tooLarge('-');
  }
  return Buffer.concat(chunks).toString('utf8');
}

function namesBelow(path: string, cwd: string): readonly string[] {
  const names: string[] = [];
  try {
    if (!statSync(resolve(cwd, path)).isDirectory()) return [path];
    const open = [path];
    for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
      for (const name of readdirSync(resolve(cwd, folder)).sort()) {
        const below = join(folder, name);
        if (name.startsWith('.') || name === 'node_modules') continue;
        // A link may lead round in circles, or out of the folder.
        const stats = lstatSync(resolve(cwd, below));
        if (stats.isDirectory()) open.push(below);
        else if (manifestName.test(name)) names.push(below);
        if (names.length > manifestLimits.files) {
          throw unreadable(path, `it holds more than ${manifestLimits.files} manifests`);
        }
      }
    }
  } catch (error) {
    throw error instanceof VdpaError ? error : unreadable(path, errnoOf(error) ?? 'unreadable', error);
  }
  if (names.length === 0) throw unreadable(path, 'it holds no .yaml, .yml or .json file');
  return names.sort();
}

function read(name: string, at: string): string {
  try {
    if (statSync(at).size > manifestLimits.fileBytes) throw tooLarge(name);
    return readFileSync(at, 'utf8');
  } catch (error) {
    throw error instanceof VdpaError ? error : unreadable(name, errnoOf(error) ?? 'unreadable', error);
  }
}

function tooLarge(where: string): VdpaError {
  return unreadable(where, `it is larger than ${manifestLimits.fileBytes / 1024 / 1024} MiB`);
}

function unreadable(where: string, why: string, cause?: unknown): VdpaError {
  return new VdpaError('VDPA-CHECK-001', `the manifests cannot be read (${why})`, {
    where,
    next: 'give --file a manifest, a folder of manifests, or - for standard input',
    cause,
  });
}
