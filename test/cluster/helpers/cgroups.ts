// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const mountPoint = '/sys/fs/cgroup';
const settleMs = 5_000;

/** Makes a cgroup below the root of every hierarchy: kubelet wants it to be there. */
export function makeCgroups(name: string): void {
  for (const hierarchy of hierarchies()) {
    // A second hierarchy of version 2 beside those of version 1 has no controllers: kubelet does not look at it.
    if (existsSync(join(hierarchy, 'tasks')) || hierarchy === mountPoint)
      mkdirSync(join(hierarchy, name), { recursive: true });
  }
}

/** Removes it again with all below it. Its processes have ended, or are about to. */
export async function removeCgroups(name: string): Promise<void> {
  const deadline = performance.now() + settleMs;
  for (const hierarchy of hierarchies()) {
    for (;;) {
      try {
        removeBelow(join(hierarchy, name));
        break;
      } catch (error) {
        // What was killed goes a moment later.
        if (performance.now() > deadline) throw error;
        await sleep(50);
      }
    }
  }
}

function removeBelow(path: string): void {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeBelow(join(path, entry.name));
  }
  rmdirSync(path);
}

/** One of version 2, or one of version 1 for every controller. */
function hierarchies(): readonly string[] {
  if (existsSync(join(mountPoint, 'cgroup.controllers'))) return [mountPoint];
  return readdirSync(mountPoint).map((controller) => join(mountPoint, controller));
}
