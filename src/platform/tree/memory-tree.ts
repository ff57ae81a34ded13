// SPDX-License-Identifier: Apache-2.0
import type { FileTree } from './file-tree.ts';
import { resolvePath } from './resolve-path.ts';

export type MemoryEntry =
  | { readonly kind: 'directory' }
  /** `bytes` is null for a file that is there and was not or could not be read. */
  | { readonly kind: 'file'; readonly bytes: Uint8Array | null }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'other' };

/** `taken`: there is something else of that name. `blocked`: what should be a directory on the way is none. */
export type PutResult = 'put' | 'taken' | 'blocked' | 'unnameable';

/** A file tree that is built entry by entry and never touches a disk. */
export interface MemoryTree extends FileTree {
  /** Puts an entry at its real path, and the directories above it that are missing. A directory may come again. */
  put(path: string, entry: MemoryEntry): PutResult;
  /** As `put`, but follows the links that are on the way to the entry so far. */
  putBehindLinks(path: string, entry: MemoryEntry): PutResult;
  /** The same entries with another root, which has to be a directory. */
  below(path: string): FileTree;
}

type Node = Exclude<MemoryEntry, { kind: 'directory' }> | { kind: 'directory'; names: Set<string> };

const maxPathBytes = 4096;
/** Far deeper than any sysfs, and shallow enough that no path takes long. */
const maxDepth = 128;

export function createMemoryTree(): MemoryTree {
  const root: Node = { kind: 'directory', names: new Set() };
  const nodes = new Map<string, Node>([['', root]]);
  const directory = (path: string): Set<string> | null => {
    const node = nodes.get(path);
    return node?.kind === 'directory' ? node.names : null;
  };

  function ensureDirectory(path: string): Set<string> | null {
    if (nodes.has(path)) return directory(path);
    const [parent, name] = splitPath(path);
    const names = ensureDirectory(parent);
    if (names === null) return null;
    names.add(name);
    const made = new Set<string>();
    nodes.set(path, { kind: 'directory', names: made });
    return made;
  }

  const tree: MemoryTree = {
    kind: (path) => nodes.get(path)?.kind ?? null,
    readLink(path) {
      const node = nodes.get(path);
      return node?.kind === 'link' ? node.target : null;
    },
    read(path, limitBytes) {
      const node = nodes.get(path);
      if (node?.kind !== 'file' || node.bytes === null) return null;
      return { bytes: node.bytes.subarray(0, limitBytes), truncated: node.bytes.length > limitBytes };
    },
    list(path) {
      const names = directory(path);
      return names === null ? null : [...names].sort();
    },
    put(path, entry) {
      if (!isNameable(path)) return 'unnameable';
      const [parent, name] = splitPath(path);
      if (entry.kind === 'directory') {
        if (ensureDirectory(path) !== null) return 'put';
        return nodes.has(path) ? 'taken' : 'blocked';
      }
      if (nodes.has(path)) return 'taken';
      const names = ensureDirectory(parent);
      if (names === null) return 'blocked';
      names.add(name);
      nodes.set(path, entry);
      return 'put';
    },
    putBehindLinks(path, entry) {
      let [parent, name] = splitPath(path);
      const missing = [name];
      // The longest part of the way that is there already, links and all.
      for (;;) {
        const real = resolvePath(tree, parent);
        if (real !== null) return tree.put([real, ...missing].filter((part) => part !== '').join('/'), entry);
        if (tree.kind(parent) === 'link') return 'blocked';
        [parent, name] = splitPath(parent);
        missing.unshift(name);
      }
    },
    below(path) {
      const at = (below: string) => [path, below].filter((part) => part !== '').join('/');
      return {
        kind: (below) => tree.kind(at(below)),
        readLink: (below) => tree.readLink(at(below)),
        read: (below, limitBytes) => tree.read(at(below), limitBytes),
        list: (below) => tree.list(at(below)),
      };
    },
  };
  return tree;
}

function splitPath(path: string): [parent: string, name: string] {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? ['', path] : [path.slice(0, slash), path.slice(slash + 1)];
}

function isNameable(path: string): boolean {
  if (path === '' || Buffer.byteLength(path) > maxPathBytes || path.includes('\0')) return false;
  const parts = path.split('/');
  return parts.length <= maxDepth && parts.every((part) => part !== '' && part !== '.' && part !== '..');
}
