// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type CleanResult, cleanNode } from '../../../src/node/clean/clean-node.ts';
import type { CleanSystem } from '../../../src/node/clean/clean-system.ts';
import type { Mount } from '../../../src/node/clean/mount-info.ts';
import { journalFile } from '../../../src/node/journal-file.ts';
import type { NodeSystem } from '../../../src/node/node-system.ts';
import { silentProgress } from '../../../src/output/progress.ts';
import { schemaVersion } from '../../../src/schema-version.ts';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export const installed = (files: readonly object[]): string =>
  JSON.stringify({ schemaVersion, kind: 'InstalledFiles', files });

/** The host of a test: a folder, with mounts and listeners that are only said to be there. */
export class Host {
  readonly root = mkdtempSync(join(tmpdir(), 'vdpactl-host-'));
  /** Points are paths of the host. */
  mounts: Mount[] = [];
  containers: Mount[] = [];
  /** Paths of the host. */
  listening: string[] = [];
  refusesToUnmount = false;
  readonly unmounted: string[] = [];

  constructor(files: Readonly<Record<string, string>> = {}) {
    mkdirSync(join(this.root, 'run'));
    mkdirSync(join(this.root, 'var'));
    // As everywhere.
    symlinkSync('/run', join(this.root, 'var/run'));
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  /** A path that ends with a slash is a folder; a text that begins with `->` is a link. */
  write(path: string, text: string): void {
    const at = join(this.root, path);
    mkdirSync(path.endsWith('/') ? at : dirname(at), { recursive: true });
    if (path.endsWith('/')) return;
    if (text.startsWith('->')) symlinkSync(text.slice(2), at);
    else writeFileSync(at, text);
  }

  has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  /** All files and links, and folders that are empty, as paths of the host with their links' targets. */
  tree(folder = ''): string[] {
    return readdirSync(join(this.root, folder)).flatMap((name) => {
      const path = `${folder}/${name}`;
      const stats = lstatSync(join(this.root, path));
      if (stats.isSymbolicLink()) return [`${path} -> ${readlinkSync(join(this.root, path))}`];
      if (!stats.isDirectory()) return [path];
      const below = this.tree(path);
      return below.length === 0 ? [`${path}/`] : below;
    });
  }

  async clean(options: { readonly multus?: boolean; readonly dryRun?: boolean } = {}): Promise<CleanResult> {
    const folder = join(this.root, 'run/vdpactl-node');
    const system: CleanSystem = {
      mounts: () => this.mounts.map((mount) => ({ ...mount, point: join(this.root, mount.point) })),
      containerMounts: () => this.containers,
      unmount: async (point) => {
        if (this.refusesToUnmount) return 'target is busy';
        this.mounts = this.mounts.filter((mount) => join(this.root, mount.point) !== point);
        this.unmounted.push(point.slice(this.root.length));
        return null;
      },
      listens: async (path) => this.listening.includes(path.slice(this.root.length)),
    };
    return cleanNode({
      host: this.root,
      multus: options.multus ?? false,
      dryRun: options.dryRun ?? false,
      stateDir: { path: '/run/vdpactl-node', store: journalFile(folder), exists: () => existsSync(folder) },
      node: { readText: () => 'boot' } as unknown as NodeSystem,
      system,
      progress: silentProgress,
      signal: new AbortController().signal,
    });
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
