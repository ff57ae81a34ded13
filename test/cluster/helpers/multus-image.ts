// SPDX-License-Identifier: Apache-2.0
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { LabNode } from '../node.ts';
import { copyPrograms } from './image.ts';

/** A node of the lab, of whatever kind. */
export type TakesImages = Pick<LabNode, 'importImage'>;

/** Puts Multus on the node under `name`: the programs of its release, where its image has them. */
export async function importMultusImage(node: TakesImages, programs: readonly string[], name: string): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'vdpactl-image-'));
  try {
    const folder = join(root, 'usr/src/multus-cni/bin');
    mkdirSync(folder, { recursive: true });
    for (const program of programs) copyFileSync(program, join(folder, basename(program).replace(/-cni$/, '')));
    mkdirSync(join(root, 'etc'));
    // What it needs of the distribution that its image is made of: it looks up who it is, its probe is a program of
    // coreutils, and runtimes name the network of a pod by /var/run.
    mkdirSync(join(root, 'var'));
    symlinkSync('/run', join(root, 'var/run'));
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
    await copyPrograms(root, ['/bin/busybox']);
    symlinkSync('busybox', join(root, 'bin/test'));
    await node.importImage(root, { name, entrypoint: [] });
  } finally {
    rmSync(root, { recursive: true });
  }
}
