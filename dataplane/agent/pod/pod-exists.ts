// SPDX-License-Identifier: Apache-2.0
import { type PodPaths, podVolume } from '../../contract/pod-paths.ts';
import { type Files, ignoring } from './files.ts';

/**
 * Whether the pod can still have anything: kubelet makes its volume before the runtime calls CNI, and removes it when no
 * container of it is left, which may be long before the pod goes, as after an eviction. Where kubelet's folder of pods
 * cannot be seen at all, every pod does: nothing is taken from a pod because something is wrong with the agent's own mounts.
 */
export function podExists({ files, paths }: { files: Files; paths: PodPaths }, pod: string): boolean {
  const isThere = (path: string) => ignoring(['ENOENT', 'ENOTDIR'], () => files.lstatSync(path)) !== null;
  return isThere(podVolume(paths, pod)) || !isThere(paths.pods);
}
