// SPDX-License-Identifier: Apache-2.0
import { existsSync, lstatSync, realpathSync } from 'node:fs';
import { errnoOf, VdpaError } from '../errors/vdpa-error.ts';
import { machineTold, parseTold, type Told, toldFile } from './capture/told.ts';
import { diskTree } from './tree/disk-tree.ts';
import type { FileTree } from './tree/file-tree.ts';
import { createResolver } from './tree/resolve-path.ts';

/** Bytes read of a file that holds one fact. */
const factLimit = 64 * 1024;

interface FileText {
  readonly text: string;
  /** The file went on after the limit. */
  readonly truncated: boolean;
}

/**
 * A read-only view of the files below a root. Paths are relative to it (`sys/class/net`). What is missing, unreadable or
 * of the wrong type is null or empty, never an error: a probe has to get through whatever it meets. Nothing blocks: only
 * regular files are opened, and no more than a limit is read of each.
 */
export interface RootFs {
  readonly root: string;
  /** Whether this is the running machine, and not a tree captured on one. */
  readonly live: boolean;
  /** What the machine says that no file holds; null for a tree that was captured without it. */
  readonly told: Told | null;
  read(path: string, limitBytes?: number): FileText | null;
  /** The text of a file without surrounding white space. */
  readText(path: string, limitBytes?: number): string | null;
  /** The names in a directory, sorted. */
  list(path: string): string[];
  /** The text of a symbolic link, not followed. */
  linkTarget(path: string): string | null;
  /** The last component of a symbolic link: how sysfs names the driver, the group or the master of a device. */
  linkName(path: string): string | null;
  exists(path: string): boolean;
}

/**
 * Opens the tree below `root`. Below any other root than `/`, symbolic links are resolved as if the root were `/`, so
 * that nothing outside of it is ever read.
 * @throws VdpaError VDPA-PLATFORM-001 when the root is not a directory that can be read, VDPA-BUNDLE-002 when it is a
 * capture whose `vdpactl/capture.json` is damaged.
 */
export function openRoot(root: string): RootFs {
  const base = realRoot(root);
  return base === '/' ? openMachine() : openTree(diskTree(base), base);
}

/** The running machine. The kernel resolves the links, which is faster than we could. */
function openMachine(): RootFs {
  const tree = diskTree('/');
  return rootFs({
    root: '/',
    live: true,
    told: machineTold(),
    tree,
    locate: (path) => path,
    exists: (path) => existsSync(`/${path}`),
  });
}

/**
 * A tree captured on a machine, on a disk or in memory.
 * @throws VdpaError VDPA-BUNDLE-002 when its `vdpactl/capture.json` is damaged.
 */
export function openTree(tree: FileTree, name: string): RootFs {
  const captured = openWalking(tree, { root: name, live: false, told: null });
  const text = captured.read(toldFile, 16 * 1024 * 1024);
  return text === null ? captured : { ...captured, told: parseTold(text.text, `${name}: ${toldFile}`) };
}

/** A tree of which every link is resolved here, component by component. */
export function openWalking(tree: FileTree, about: Pick<RootFs, 'root' | 'live' | 'told'>): RootFs {
  const locate = createResolver(tree);
  return rootFs({ ...about, tree, locate, exists: (path) => locate(path) !== null });
}

interface Opened extends Pick<RootFs, 'root' | 'live' | 'told' | 'exists'> {
  readonly tree: FileTree;
  /** From any path to the real one, or null where there is none. */
  locate(path: string): string | null;
}

function rootFs({ root, live, told, exists, tree, locate }: Opened): RootFs {
  const read = (path: string, limitBytes = factLimit): FileText | null => {
    const at = locate(path);
    const file = at === null ? null : tree.read(at, limitBytes);
    if (file === null) return null;
    const { buffer, byteOffset, byteLength } = file.bytes;
    return { text: Buffer.from(buffer, byteOffset, byteLength).toString('utf8'), truncated: file.truncated };
  };
  const linkTarget = (path: string) => {
    const slash = path.lastIndexOf('/');
    const parent = locate(path.slice(0, Math.max(slash, 0)));
    return parent === null ? null : tree.readLink(`${parent}${parent === '' ? '' : '/'}${path.slice(slash + 1)}`);
  };
  return {
    root,
    live,
    told,
    read,
    readText: (path, limitBytes) => read(path, limitBytes)?.text.trim() ?? null,
    list(path) {
      const at = locate(path);
      return at === null ? [] : [...(tree.list(at) ?? [])];
    },
    linkTarget,
    linkName(path) {
      const name = linkTarget(path)?.replace(/\/+$/, '').split('/').pop();
      return name === undefined || name === '' || name === '.' || name === '..' ? null : name;
    },
    exists,
  };
}

function realRoot(root: string): string {
  try {
    const base = realpathSync(root);
    if (lstatSync(base).isDirectory()) return base;
  } catch (error) {
    throw noRoot(root, errnoOf(error) ?? 'unreadable', error);
  }
  throw noRoot(root, 'not a directory');
}

function noRoot(root: string, why: string, cause?: unknown): VdpaError {
  return new VdpaError('VDPA-PLATFORM-001', `the root cannot be read (${why})`, {
    where: root,
    next: 'give --root a directory that holds sys and proc of a machine, or leave it out to read this one',
    cause,
  });
}
