// SPDX-License-Identifier: Apache-2.0
import { type Files, ignoring } from './files.ts';
import type { PodRecord } from './record.ts';

/** The character device of an attachment that the kernel hands out; null: the workload makes a socket instead. */
export function characterDeviceOf({ attachment }: Pick<PodRecord, 'attachment'>): string | null {
  const info = attachment['device-info'];
  return info.type === 'vdpa' ? info.vdpa.path : null;
}

/**
 * Lets the group of a pod's volumes open its character device. Kubelet has the runtime make it in the container with the owner,
 * group and mode that it has on the node, and containers are made after their network: so this is the moment. The volume has
 * the group that the pod's fsGroup says, which every process of the pod is in. Without an fsGroup only root opens it:
 * there is no group that is the pod's alone, and on the node everybody else could open it too.
 */
export function giveCharacterDevice(files: Files, path: string, group: number): void {
  // Where it is gone the runtime finds that out, and says so of the container.
  ignoring(['ENOENT'], () => {
    files.chownSync(path, 0, group);
    files.chmodSync(path, group === 0 ? 0o600 : 0o660);
  });
}

/** It may be gone, with its number given to another of which nobody has asked for anything yet. */
export function takeBackCharacterDevice(files: Files, path: string): void {
  ignoring(['ENOENT'], () => {
    files.chownSync(path, 0, 0);
    files.chmodSync(path, 0o600);
  });
}
