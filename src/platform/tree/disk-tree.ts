// SPDX-License-Identifier: Apache-2.0
import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import type { EntryKind, FileBytes, FileTree } from './file-tree.ts';

const openFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** Entries read of one directory: enough for any machine, and a bound for a tree made to hurt. */
const maxEntries = 16_384;

/** A directory whose own size is within this is no trap, and is read in one call. */
const maxDirectoryBytes = 256 * 1024;

/** The files below a folder. Nothing blocks: only regular files are opened. */
export function diskTree(base: string): FileTree {
  return base === '/' ? machineTree() : capturedTree(base);
}

/** The running machine's own directories are no trap, and neither are the files in them. */
function machineTree(): FileTree {
  const at = (path: string) => `/${path}`;
  return {
    kind(path) {
      const stats = attempt(() => lstatSync(at(path)));
      return stats === null ? null : kindOf(stats);
    },
    readLink: (path) => attempt(() => readlinkSync(at(path))),
    read: (path, limitBytes) => readBounded(at(path), limitBytes, false),
    list: (path) => attempt(() => readdirSync(at(path)).sort()),
  };
}

/** A tree that may hold anything and stays as it is: a directory is read once, whatever is asked of what is in it. */
function capturedTree(base: string): FileTree {
  const at = (path: string) => (path === '' ? base : `${base}/${path}`);
  const look = once((path) => attempt(() => lstatSync(at(path), { throwIfNoEntry: false })) ?? null);
  /** Directories that were asked for what is in them. */
  const asked = new Set<string>();

  /** What a directory holds, by one call; null for one that is none, or so big that it may be a trap. */
  const entries = once((path): ReadonlyMap<string, EntryKind> | null => {
    asked.add(path);
    const own = look(path);
    if (own?.isDirectory() !== true || own.size > maxDirectoryBytes) return null;
    const found = attempt(() => readdirSync(at(path), { withFileTypes: true }));
    return found === null ? null : new Map(found.map((entry) => [entry.name, kindOf(entry)]));
  });

  function kind(path: string): EntryKind | null {
    const slash = path.lastIndexOf('/');
    const parent = path.slice(0, Math.max(slash, 0));
    // The whole of a directory is worth reading when it is asked for more than one of its entries.
    const alone = path === '' || !asked.has(parent);
    asked.add(parent);
    const siblings = alone ? null : entries(parent);
    if (siblings !== null) return siblings.get(path.slice(slash + 1)) ?? null;
    const own = look(path);
    return own === null ? null : kindOf(own);
  }

  /** Without a right to read, a file stands for one that was there and not read; root can open it all the same. */
  const mayBeRead = (path: string) => ((look(path)?.mode ?? 0) & 0o444) !== 0;
  return {
    kind,
    readLink: once((path) => (kind(path) === 'link' ? attempt(() => readlinkSync(at(path))) : null)),
    read(path, limitBytes) {
      const file = kind(path) === 'file' ? readBounded(at(path), limitBytes, true) : null;
      return file?.bytes.length === 0 && !mayBeRead(path) ? null : file;
    },
    list(path) {
      const found = entries(path);
      return found === null ? listBounded(at(path)) : [...found.keys()].sort();
    },
  };
}

function once<T>(get: (path: string) => T): (path: string) => T {
  const known = new Map<string, T>();
  return (path) => {
    const found = known.get(path);
    if (found !== undefined) return found;
    const got = get(path);
    known.set(path, got);
    return got;
  };
}

export function attempt<T>(get: () => T): T | null {
  try {
    return get();
  } catch {
    return null;
  }
}

function kindOf(entry: Stats | Dirent): EntryKind {
  if (entry.isSymbolicLink()) return 'link';
  if (entry.isDirectory()) return 'directory';
  return entry.isFile() ? 'file' : 'other';
}

/** `known`: to be a regular file on a disk, which saves two calls: it needs no look, and what it gives at once is all. */
function readBounded(at: string, limitBytes: number, known: boolean): FileBytes | null {
  let fd: number;
  try {
    fd = openSync(at, openFlags);
  } catch {
    return null;
  }
  try {
    return known || fstatSync(fd).isFile() ? readDescriptor(fd, limitBytes, known) : null;
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}

/** What almost every file fits in, made once. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024 + 1);

function readDescriptor(fd: number, limitBytes: number, whole: boolean): FileBytes {
  const chunks: Buffer[] = [];
  let length = 0;
  // One byte more than the limit tells a file that ends there from one that goes on.
  while (length <= limitBytes) {
    const room = Math.min(scratch.length, limitBytes + 1 - length);
    let filled = 0;
    let count: number;
    // Kernel files come piece by piece, and only an empty piece is the end; a disk gives all that there is.
    do {
      count = readSync(fd, scratch, filled, room - filled, null);
      filled += count;
    } while (!whole && count !== 0 && filled < room);
    chunks.push(Buffer.from(scratch.subarray(0, filled)));
    length += filled;
    if (filled < room) break;
  }
  const [only] = chunks;
  const bytes = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
  return { bytes: bytes.subarray(0, limitBytes), truncated: length > limitBytes };
}

function listBounded(at: string): string[] | null {
  const directory = attempt(() => opendirSync(at));
  if (directory === null) return null;
  const names: string[] = [];
  try {
    for (let entry = directory.readSync(); entry !== null && names.length < maxEntries; entry = directory.readSync()) {
      names.push(entry.name);
    }
  } catch {
    // What was read so far is what there is to know.
  } finally {
    directory.closeSync();
  }
  return names.sort();
}
