// SPDX-License-Identifier: Apache-2.0
import type { EntryKind, FileBytes, FileTree } from '../tree/file-tree.ts';
import { createMemoryTree, type MemoryEntry } from '../tree/memory-tree.ts';
import { reduceCniConfig } from './cni-types.ts';

export interface RecordedEntry {
  readonly path: string;
  readonly entry: MemoryEntry;
}

export interface Recording {
  /** What was recorded answers as the original does, again and again the same. */
  readonly tree: FileTree;
  /** Everything that was asked for and is there, sorted by path. What was only seen in a listing is there without content. */
  entries(): RecordedEntry[];
}

/** Links that lead every reader to its own process: in a capture they are the folder that they lead to. */
const ownProcess = new Set(['proc/self', 'proc/thread-self', 'proc/net', 'proc/mounts']);

/** Notes everything that is read of a tree, so that a copy can be made that answers the same. */
export function recordTree(original: FileTree, { live }: { live: boolean }): Recording {
  const kinds = new Map<string, EntryKind | null>();
  const links = new Map<string, string | null>();
  const files = new Map<string, { readonly limit: number; readonly file: FileBytes | null }>();
  const lists = new Map<string, readonly string[] | null>();

  const kind = remembered(kinds, (path) => (live && ownProcess.has(path) ? 'directory' : original.kind(path)));
  const readLink = remembered(links, (path) => (kind(path) === 'link' ? original.readLink(path) : null));
  const list = remembered(lists, (path) => (kind(path) === 'directory' ? original.list(path) : null));
  const read = (path: string, limitBytes: number): FileBytes | null => {
    let known = files.get(path);
    if (known === undefined || (known.limit < limitBytes && known.file?.truncated === true)) {
      known = {
        limit: limitBytes,
        file: reduced(path, kind(path) === 'file' ? original.read(path, limitBytes) : null),
      };
      files.set(path, known);
    }
    const { file } = known;
    if (file === null || file.bytes.length <= limitBytes) return file;
    return { bytes: file.bytes.subarray(0, limitBytes), truncated: true };
  };

  function entryOf(path: string): MemoryEntry | null {
    const what = kind(path);
    if (what === null) return null;
    if (what === 'link') {
      const target = readLink(path);
      return target === null ? { kind: 'other' } : { kind: 'link', target };
    }
    if (what !== 'file') return { kind: what };
    const file = files.get(path)?.file ?? null;
    return { kind: 'file', bytes: file === null ? null : whole(file) };
  }

  return {
    tree: { kind, readLink, read, list },
    entries() {
      const paths = new Set(kinds.keys());
      for (const [path, names] of lists)
        for (const name of names ?? []) paths.add(path === '' ? name : `${path}/${name}`);
      const tree = createMemoryTree();
      const entries: RecordedEntry[] = [];
      for (const path of [...paths].sort()) {
        const entry = path === '' ? null : entryOf(path);
        if (entry !== null && tree.put(path, entry) === 'put') entries.push({ path, entry });
      }
      return entries;
    },
  };
}

function remembered<T>(known: Map<string, T>, get: (path: string) => T): (path: string) => T {
  return (path) => {
    const before = known.get(path);
    if (before !== undefined) return before;
    const value = get(path);
    known.set(path, value);
    return value;
  };
}

/** CNI configurations can hold tokens and addresses of servers, and the probe wants to know no more than the plugins. */
function reduced(path: string, file: FileBytes | null): FileBytes | null {
  if (file === null || !path.startsWith('etc/cni/')) return file;
  return { bytes: Buffer.from(reduceCniConfig(Buffer.from(file.bytes).toString('utf8'))), truncated: false };
}

/** A file that went on after the limit is kept one byte longer than that, so that it is seen to go on. */
function whole({ bytes, truncated }: FileBytes): Uint8Array {
  return truncated ? Buffer.concat([bytes, Buffer.from('\n')]) : bytes;
}
