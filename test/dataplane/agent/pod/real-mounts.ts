// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFiles } from '../../../../dataplane/agent/pod/files.ts';
import { MountHelper } from '../../../../dataplane/agent/pod/mount-helper.ts';
import { parseMountTable } from '../../../../dataplane/agent/pod/mount-table.ts';
import { packageRoot } from '../../../../src/files/package-root.ts';
import { ask } from '../../../../src/process/ask.ts';
import { run } from '../../../../src/process/run.ts';

/** A file system to mount in, shared as that of a node is. */
export interface MountPlace {
  readonly folder: string;
  /** The mounts below it, its own excepted. */
  mounts(): string[];
  remove(): void;
}

/** null where this process may not mount. */
export function mountPlace(): MountPlace | null {
  const folder = mkdtempSync(join(tmpdir(), 'vdpactl-mounts-'));
  const isMounted =
    process.getuid?.() === 0 && ask('mount', ['-t', 'tmpfs', '--make-shared', 'vdpactl-test', folder]) !== null;
  if (!isMounted) {
    rmSync(folder, { recursive: true });
    return null;
  }
  const mounts = () =>
    parseMountTable(nodeFiles.readFileSync('/proc/self/mountinfo', 'utf8'))
      .map(({ target }) => target)
      .filter((target) => target.startsWith(`${folder}/`));
  return {
    folder,
    mounts,
    remove() {
      for (const target of mounts().reverse()) ask('umount', ['-l', target]);
      ask('umount', ['-l', folder]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** The helper, built into `folder`; null where there is no compiler. Throws where it cannot be built. */
export async function builtHelper(folder: string): Promise<MountHelper | null> {
  if (ask('cc', ['--version']) === null) return null;
  const build = join(folder, 'build');
  mkdirSync(build, { recursive: true });
  const source = join(packageRoot(), 'dataplane', 'mounter', 'vdpa-mount.c');
  const program = join(build, 'vdpa-mount');
  const built = await run('cc', ['-O2', '-D_GNU_SOURCE', '-static', source, '-o', program], { timeoutMs: 60_000 });
  if (built.exitCode !== 0) throw new Error(`cc: ${built.failure ?? ''}\n${built.all}`);
  return new MountHelper(program);
}
