// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import type { LabNode } from '../node.ts';

/** What a stack could leave on the host of a node: what is mounted, and what lies where it puts things. */
export interface HostPicture {
  readonly mounts: readonly string[];
  readonly files: Readonly<Record<string, readonly string[]>>;
}

const folders = [
  '/opt/cni/bin',
  '/etc/cni',
  '/etc/cni/net.d',
  '/run',
  '/var/lib/cni',
  '/var/lib/kubelet/device-plugins',
];

export function hostPicture(node: LabNode): HostPicture {
  const files = folders.map((folder) => [folder, readdirSync(node.path(folder)).filter(isNotKubelets).sort()] as const);
  return { mounts: mountPoints(node), files: Object.fromEntries(files) };
}

/** What kubelet writes down of the devices that it ever gave away. */
function isNotKubelets(name: string): boolean {
  return name !== 'kubelet_internal_checkpoint';
}

/** How much the runtime and kubelet have mounted for what runs; they may be seconds behind the API server. */
export function podMounts(node: LabNode): number {
  const isOfPod = (at: string) => at.includes('/io.containerd.runtime.v2.task/') || at.includes('/kubelet/pods/');
  return mountPoints(node).filter(isOfPod).length;
}

/** The mount points of a node, in order; those of the stack's devices begin with /run/vdpa. */
export function mountPoints(node: LabNode): string[] {
  const table = readFileSync(`/proc/${node.pid}/mountinfo`, 'utf8').trimEnd().split('\n');
  return table.map((line) => line.split(' ')[4] ?? '').sort();
}
