// SPDX-License-Identifier: Apache-2.0
import { schemaVersion } from '../schema-version.ts';

/**
 * Why one of our own JSON files, which a schema has refused, is not understood: it is damaged, or it was written by another
 * version of vdpactl, which says so of itself (docs/adr/0018). Goes on behind the name of the file.
 */
export function whyUnread(text: string | null): string {
  if (text === null) return 'cannot be read';
  const said = versionIn(text);
  if (said === null) return 'is damaged';
  if (said === schemaVersion) return `says ${schemaVersion}, and is not what this version knows by that`;
  const shown = JSON.stringify(said.slice(0, 64)).replaceAll(/\p{Cc}/gu, '?');
  return `says ${shown}, and this version of vdpactl knows ${schemaVersion}`;
}

/** Whether this is a file of ours that another version wrote, and no damage. */
export function isOfAnotherVersion(text: string): boolean {
  const said = versionIn(text);
  return said?.startsWith('vdpactl/') === true && said !== schemaVersion;
}

function versionIn(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    const said = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    const version: unknown = said.find(([key]) => key === 'schemaVersion')?.[1];
    return typeof version === 'string' ? version : null;
  } catch {
    return null;
  }
}
