// SPDX-License-Identifier: Apache-2.0
import type { FileTree } from './file-tree.ts';

/** As many symbolic links as the kernel follows before it gives up. */
const maxLinks = 40;
/** Components of one path, links and all. */
const maxSteps = 4096;

/**
 * The real path of `path` with the root of the tree taken for `/`, so that no link leads out of it; null when there is
 * nothing.
 */
export function resolvePath(tree: Pick<FileTree, 'kind' | 'readLink'>, path: string): string | null {
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
    const at = done.length === 0 ? part : `${done.join('/')}/${part}`;
    const kind = tree.kind(at);
    if (kind === null) return null;
    if (kind !== 'link') {
      done.push(part);
      continue;
    }
    links += 1;
    const target = links > maxLinks ? null : tree.readLink(at);
    if (target === null) return null;
    if (target.startsWith('/')) done.length = 0;
    pending.push(...target.split('/').reverse());
  }
  return done.join('/');
}

/** Far deeper than any sysfs: what is beyond is left to `resolvePath`, which no depth hurts. */
const maxDepth = 64;

/**
 * As `resolvePath`, for a tree that stays as it is: each directory is found and each link followed once, since a path is
 * asked for every file in it.
 */
export function createResolver(tree: Pick<FileTree, 'kind' | 'readLink'>): (path: string) => string | null {
  /** By real path; a link's value is where it leads. */
  const entries = new Map<string, string | null>();
  /** By path as it was asked for. */
  const directories = new Map<string, string | null>();

  function locate(path: string, links: number): string | null {
    const slash = path.lastIndexOf('/');
    const parent = slash === -1 ? '' : directory(path.slice(0, slash), links);
    if (parent === null) return null;
    const at = parent === '' ? path.slice(slash + 1) : `${parent}${path.slice(slash === -1 ? 0 : slash)}`;
    const known = entries.get(at);
    if (known !== undefined) return known;
    const kind = tree.kind(at);
    const real = kind === 'link' ? follow(at, links + 1) : kind === null ? null : at;
    entries.set(at, real);
    return real;
  }

  function directory(path: string, links: number): string | null {
    const known = directories.get(path);
    if (known !== undefined) return known;
    const real = locate(path, links);
    directories.set(path, real);
    return real;
  }

  function follow(at: string, links: number): string | null {
    const target = links > maxLinks ? null : tree.readLink(at);
    if (target === null) return null;
    let from = target.startsWith('/') ? '' : parentOf(at);
    let rest = target.startsWith('/') ? target.slice(1) : target;
    // All that leads upwards in sysfs is at the beginning, and what it leads up from is a real path.
    while (rest.startsWith('../')) {
      from = parentOf(from);
      rest = rest.slice('../'.length);
    }
    const path = from === '' ? rest : `${from}/${rest}`;
    return isPlain(path) ? locate(path, links) : resolvePath(tree, at);
  }

  return (path) => (isPlain(path) ? locate(path, 0) : resolvePath(tree, path));
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

/** Only names between its slashes, and not too many. */
function isPlain(path: string): boolean {
  if (/(?:^|\/)\.{0,2}(?:\/|$)/.test(path)) return false;
  // Without empty names each takes two characters, so that a short path need not be counted.
  return path.length < 2 * maxDepth || path.split('/', maxDepth + 1).length <= maxDepth;
}
