// SPDX-License-Identifier: Apache-2.0
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { silentProgress } from '../../output/progress.ts';
import type { KubeClient } from '../client/kube-client.ts';
import { takeSysdump } from './take-sysdump.ts';

/** Nobody wants to wait long for what is removed right after. */
const limitBytes = 256 * 1024;
const sinceSeconds = 3600;
const logsTimeoutMs = 60_000;
const parallel = 8;

/**
 * Saves what shows why a stack does not work, without asking its nodes: the quick part of a sysdump. Into a folder, or as a
 * file, under another name where there is one already: the evidence before may be of another failure. Answers the file.
 * @throws VdpaError VDPA-SYSDUMP-001 and VDPA-DISK-001 when it cannot be written.
 */
export async function saveEvidence(
  client: KubeClient,
  namespace: string,
  folderOrFile: string,
  signal: AbortSignal,
): Promise<string> {
  const isFolder = statSync(folderOrFile, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = unused(isFolder ? join(folderOrFile, 'vdpactl-evidence.tgz') : folderOrFile);
  await takeSysdump({
    ...{ client, namespace, file, signal, parallel, logsTimeoutMs },
    // Where the workloads are, the record of the stack says.
    workloadNamespace: namespace,
    shown: file,
    force: false,
    logs: { sinceSeconds, limitBytes },
    nodes: null,
    probe: null,
    progress: silentProgress,
  });
  return file;
}

/** `evidence.tgz`, `evidence-2.tgz`, … */
function unused(file: string): string {
  const [, stem = file, ending = ''] = /^(.*?)(\.[a-z]+)?$/.exec(file) ?? [];
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? file : `${stem}-${number}${ending}`;
    if (statSync(name, { throwIfNoEntry: false }) === undefined) return name;
  }
}
