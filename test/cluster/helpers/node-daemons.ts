// SPDX-License-Identifier: Apache-2.0
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../src/process/run.ts';
import type { LabNode } from '../node.ts';

export type NodeDaemon = 'kubelet' | 'containerd';

/** SIGKILL to a daemon of a node, which then stays away; pods run on. */
export async function stopDaemons(node: LabNode, ...names: readonly NodeDaemon[]): Promise<void> {
  for (const name of names) {
    writeFileSync(markOf(node, name), '');
    const pid = readFileSync(join(node.folder, `${name}.pid`), 'utf8').trim();
    await killOnNode(node, pid);
  }
}

export function startDaemons(node: LabNode, ...names: readonly NodeDaemon[]): void {
  for (const name of names) rmSync(markOf(node, name));
}

/** SIGKILL to processes, by the numbers that they have on the node. */
export async function killOnNode(node: LabNode, ...pids: readonly string[]): Promise<void> {
  const result = await run('nsenter', ['--target', `${node.pid}`, '--pid', '--', 'kill', '-KILL', ...pids]);
  if (result.exitCode !== 0) throw new Error(`kill -KILL ${pids.join(' ')}: ${result.all}`);
}

const markOf = (node: LabNode, name: NodeDaemon): string => join(node.folder, `${name}.stopped`);
