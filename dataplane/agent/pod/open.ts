// SPDX-License-Identifier: Apache-2.0
import type { RunDir } from '../../contract/run-dir.ts';
import { KernelMounts } from './device-mounts.ts';
import { nodeFiles } from './files.ts';
import { mountHelper } from './mount-helper.ts';
import { mountPrograms } from './mount-programs.ts';
import { PodAttachments } from './pod-attachments.ts';

export interface PodsOptions {
  readonly dir: RunDir;
  readonly log: (line: string) => void;
  /** The program that mounts; mount(8) does where it is missing. */
  readonly mountProgram?: string;
}

/** The attachments of this machine's pods. */
export interface Pods {
  readonly store: PodAttachments;
  /** Ends the program that mounts. The mounts stay: workloads go on without the agent. */
  stop(): void;
}

export async function openPods({ dir, log, mountProgram = 'vdpa-mount' }: PodsOptions): Promise<Pods> {
  const helper = await mountHelper(mountProgram);
  if (helper === null) log(`there is no ${mountProgram}: mount(8) is used, which takes several times as long`);
  const mounter = helper ?? mountPrograms();
  const store = await PodAttachments.open({ dir, log, mounts: new KernelMounts(dir, nodeFiles, mounter) });
  return { store, stop: () => mounter.stop() };
}
