// SPDX-License-Identifier: Apache-2.0

export type EntryKind = 'file' | 'directory' | 'link' | 'other';

export interface FileBytes {
  readonly bytes: Uint8Array;
  /** The file went on after the limit. */
  readonly truncated: boolean;
}

/**
 * Files as they lie, on a disk or in memory. Paths are real ones below the root, without a slash at either end (the root
 * is ''): no component but the last may be a symbolic link, and that is not followed. What cannot be had is null.
 */
export interface FileTree {
  kind(path: string): EntryKind | null;
  readLink(path: string): string | null;
  /** At most `limitBytes` of a regular file. */
  read(path: string, limitBytes: number): FileBytes | null;
  /** The names in a directory, sorted. */
  list(path: string): readonly string[] | null;
}
