// SPDX-License-Identifier: Apache-2.0
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../../src/files/package-root.ts';
import type { LabCluster } from '../lab-cluster.ts';
import { copyPrograms } from './image.ts';

export const nodeImage = 'registry.invalid/vdpactl-node:1';

/** Whether there is a built command line to put into it. */
export const isBuilt = existsSync(join(packageRoot(), 'dist/cli.js'));

/** Node.js and the built command line, and of the system `umount`: what a node image has of vdpactl. */
export async function importNodeImage(cluster: LabCluster): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'vdpactl-image-'));
  try {
    await copyPrograms(root, ['/bin/busybox', process.execPath]);
    symlinkSync('busybox', join(root, 'bin/umount'));
    const own = join(root, 'opt/vdpactl');
    mkdirSync(join(own, 'bin'), { recursive: true });
    cpSync(join(packageRoot(), 'dist'), join(own, 'dist'), { recursive: true });
    for (const file of ['package.json', 'bin/vdpactl.js']) copyFileSync(join(packageRoot(), file), join(own, file));
    const program = `#!/bin/busybox sh\nexec ${process.execPath} /opt/vdpactl/bin/vdpactl.js "$@"\n`;
    mkdirSync(join(root, 'usr/bin'), { recursive: true });
    writeFileSync(join(root, 'usr/bin/vdpactl'), program, { mode: 0o755 });
    await cluster.node.importImage(root, { name: nodeImage, entrypoint: ['/usr/bin/vdpactl'] });
  } finally {
    rmSync(root, { recursive: true });
  }
}
