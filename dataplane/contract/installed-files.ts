// SPDX-License-Identifier: Apache-2.0
import { posix } from 'node:path';
import * as z from 'zod';
import { parseJson } from '../../src/files/json-file.ts';
import { schemaVersion } from '../../src/schema-version.ts';

/** In the run directory: what the agent has put outside of it. */
export const installedFile = 'installed.json';
/** The CNI plugin's own name, which is its `type` in the configuration of a network. */
export const cniPluginName = 'vdpa';

const maxEntries = 4096;
const entrySchema = z.object({
  /** Absolute, as the host knows it. */
  path: z.string(),
  /** Of its content, 64 lower-case hex digits. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/**
 * The file installed.json. The agent adds an entry, on disk, before it puts the file there, and leaves those of earlier
 * versions in it: an entry counts only for a file that still has this content, so one too many does no harm, and one too
 * few would leave a file behind.
 */
export const installedFilesSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  kind: z.literal('InstalledFiles'),
  files: z.array(entrySchema).max(maxEntries),
});

export type InstalledFiles = z.infer<typeof installedFilesSchema>;

/**
 * What a list names, each entry by itself: of a list that another version wrote, as much as this one understands, so that
 * nothing which it has put there is forgotten. `isWhole`: there is nothing more in it.
 */
export function installedEntries(text: string): { readonly files: InstalledFiles['files']; readonly isWhole: boolean } {
  const whole = parseJson(text, installedFilesSchema);
  if (whole !== null) return { files: whole.files, isWhole: true };
  const listed = parseJson(text, z.object({ files: z.array(z.unknown()).max(maxEntries) }))?.files ?? [];
  const files = listed.flatMap((entry) => entrySchema.safeParse(entry).data ?? []);
  return { files, isWhole: false };
}

const plainName = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,254}$/;

/** The only folders outside of the run directory in which the agent puts files, and what they may be called there. */
const folders: ReadonlyMap<string, RegExp> = new Map([
  ['/opt/cni/bin', new RegExp(`^${cniPluginName}$`)],
  ['/run/k8s.cni.cncf.io/devinfo/cni', plainName],
  ['/var/run/k8s.cni.cncf.io/devinfo/cni', plainName],
]);

/** Whether the agent may put a file there. Whatever installed.json says, nothing else is ever removed because of it. */
export function mayBeInstalled(path: string): boolean {
  const names = folders.get(posix.dirname(path));
  // No other spelling of an allowed path is one.
  return names?.test(posix.basename(path)) === true && path === posix.normalize(path) && !path.endsWith('/');
}
