// SPDX-License-Identifier: Apache-2.0
import { type PodPaths, podFolder } from '../../contract/pod-paths.ts';
import { type Files, ignoring } from './files.ts';

/**
 * Whether kubelet still has the pod. Where its folder of pods cannot be seen at all, every pod does: nothing is taken from
 * a pod because something is wrong with the agent's own mounts.
 */
export function podExists({ files, paths }: { files: Files; paths: PodPaths }, pod: string): boolean {
  const isThere = (path: string) => ignoring(['ENOENT', 'ENOTDIR'], () => files.lstatSync(path)) !== null;
  return isThere(podFolder(paths, pod)) || !isThere(paths.pods);
}
