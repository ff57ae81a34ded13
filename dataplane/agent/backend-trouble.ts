// SPDX-License-Identifier: Apache-2.0
import { mainEalError, parseEalErrors } from '../../src/backends/eal-errors.ts';
import { readJsonFile } from '../../src/files/json-file.ts';
import { backendStatusSchema } from '../contract/backend-spec.ts';
import { type RunDir, statusFile } from '../contract/run-dir.ts';

const noRoom: readonly string[] = ['no-hugepages', 'not-enough-memory', 'cannot-init-memory'];

/** Why the backend of a device does not run, in a sentence; empty: nothing is known of it. */
export function backendTrouble(dir: RunDir, device: string): string[] {
  const output = readJsonFile(statusFile(dir, device), backendStatusSchema)?.lastExit?.output ?? [];
  const error = mainEalError(parseEalErrors(output.join('\n')));
  if (error === null) return [];
  const next = noRoom.includes(error.kind)
    ? '; the backends have room for the devices that the node had when it was deployed to: vdpactl deploy makes more, and starts them anew'
    : '';
  return [`the backend of ${device} ended: ${error.line}${next}`];
}
