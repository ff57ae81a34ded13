// SPDX-License-Identifier: Apache-2.0
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
} from 'node:fs';
import { errnoOf, VdpaError } from '../errors/vdpa-error.ts';

/** Bytes read of a file that holds one fact. */
const factLimit = 64 * 1024;
/** Entries read of one directory: enough for any machine, and a bound for a tree made to hurt. */
const maxEntries = 16_384;
/** As many symbolic links as the kernel follows before it gives up. */
const maxLinks = 40;
/** Components of one path, links and all. */
const maxSteps = 4096;

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
 * @throws VdpaError VDPA-PLATFORM-001 when the root is not a directory that can be read.
 */
export function openRoot(root: string): RootFs {
  const base = realRoot(root);
  const live = base === '/';
  const locate = live ? (path: string) => `/${path}` : (path: string) => resolveWithin(base, path);
  const read = (path: string, limitBytes = factLimit) => {
    const at = locate(path);
    return at === null ? null : readBounded(at, live, limitBytes);
  };
  const linkTarget = (path: string) => {
    const slash = path.lastIndexOf('/');
    const parent = live ? `/${path.slice(0, slash)}` : resolveWithin(base, path.slice(0, slash));
    return parent === null ? null : attempt(() => readlinkSync(`${parent}/${path.slice(slash + 1)}`));
  };
  return {
    root: base,
    live,
    read,
    readText: (path, limitBytes) => read(path, limitBytes)?.text.trim() ?? null,
    list(path) {
      const at = locate(path);
      if (at === null) return [];
      // The kernel's own directories are no trap, and read in one call.
      return live ? (attempt(() => readdirSync(at).sort()) ?? []) : listBounded(at);
    },
    linkTarget,
    linkName(path) {
      const name = linkTarget(path)?.replace(/\/+$/, '').split('/').pop();
      return name === undefined || name === '' || name === '.' || name === '..' ? null : name;
    },
    exists(path) {
      const at = locate(path);
      return at !== null && existsSync(at);
    },
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

function attempt<T>(get: () => T): T | null {
  try {
    return get();
  } catch {
    return null;
  }
}

/** The real path of `path` with `base` taken for `/`, or null when there is none. */
function resolveWithin(base: string, path: string): string | null {
  const pending = path.split('/').reverse();
  const done: string[] = [];
  let links = 0;
  let steps = 0;
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    steps += 1;
    if (steps > maxSteps) return null;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      done.pop();
      continue;
    }
    const at = `${base}/${[...done, part].join('/')}`;
    const stats = attempt(() => lstatSync(at));
    if (stats === null) return null;
    if (!stats.isSymbolicLink()) {
      done.push(part);
      continue;
    }
    links += 1;
    const target = attempt(() => readlinkSync(at));
    if (target === null || links > maxLinks) return null;
    if (target.startsWith('/')) done.length = 0;
    pending.push(...target.split('/').reverse());
  }
  return done.length === 0 ? base : `${base}/${done.join('/')}`;
}

function readBounded(at: string, live: boolean, limitBytes: number): FileText | null {
  // A captured tree may hold anything; a live sysfs and procfs only regular files, which saves a call for each of them.
  if (!live && attempt(() => lstatSync(at))?.isFile() !== true) return null;
  let fd: number;
  try {
    fd = openSync(at, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return null;
  }
  try {
    if (!fstatSync(fd).isFile()) return null;
    return readDescriptor(fd, limitBytes);
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}

function readDescriptor(fd: number, limitBytes: number): FileText {
  const chunks: Buffer[] = [];
  let length = 0;
  // One byte more than the limit tells a file that ends there from one that goes on.
  while (length <= limitBytes) {
    const chunk = Buffer.allocUnsafe(Math.min(length === 0 ? 4096 : 256 * 1024, limitBytes + 1 - length));
    const count = readSync(fd, chunk, 0, chunk.length, null);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    length += count;
  }
  const whole = Buffer.concat(chunks).subarray(0, limitBytes);
  return { text: whole.toString('utf8'), truncated: length > limitBytes };
}

function listBounded(at: string): string[] {
  const directory = attempt(() => opendirSync(at));
  if (directory === null) return [];
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
