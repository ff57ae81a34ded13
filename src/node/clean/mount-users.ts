// SPDX-License-Identifier: Apache-2.0
import { isBelow, type Mount } from './mount-info.ts';

/** Where a workload sees its attachments, and where the parts of the stack see the run directory: the same path. */
const insideContainers = ['/var/run/vdpa', '/run/vdpa'];

/** The volume of a pod on a disk: `…/pods/UID/volumes/kubernetes.io~empty-dir/vdpa/…`. */
const podVolume = /\/pods\/([0-9a-f-]{36})\/volumes\//;

export const stillHere = (uid: string): string =>
  `the pod with the uid ${uid}, which has this attachment, is still on this node`;

/**
 * Why what is bind-mounted below the run directory must stay: the pod that it comes from is still on this node. null: the
 * pod is gone. `others` are the mounts of the containers. A volume on a disk goes with its pod, and the kernel says so of
 * what was bound from it; of one in memory only the pod's own container tells.
 */
export function whyAttached(mount: Mount, others: readonly Mount[]): string | null {
  if (mount.root.endsWith('//deleted')) return null;
  const uid = podVolume.exec(mount.root)?.[1];
  if (uid !== undefined) return stillHere(uid);
  const used = others.some(
    ({ device, root, point }) =>
      device === mount.device && insideContainers.includes(point) && (root === mount.root || isBelow(mount.root, root)),
  );
  return used ? 'a container that runs on this node has this attachment' : null;
}

/** Whether a container has this very folder mounted where the parts of the stack have it. */
export function isRunDirMounted(source: Pick<Mount, 'root' | 'device'>, others: readonly Mount[]): boolean {
  return others.some(
    ({ device, root, point }) => device === source.device && root === source.root && insideContainers.includes(point),
  );
}

/** Whether a container has this folder mounted, anywhere. */
export function isMountedElsewhere(source: Pick<Mount, 'root' | 'device'>, others: readonly Mount[]): boolean {
  return others.some(({ device, root }) => device === source.device && root === source.root);
}
