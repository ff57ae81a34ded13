// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import type { Shell } from './shell.ts';

const script = fileURLToPath(new URL('../guest/state.sh', import.meta.url));

/** All that `vdpactl node prepare` could change, as text that is the same for the same state. */
export async function nodeState(guest: Shell): Promise<string> {
  const { code, stdout, stderr } = await guest.run('bash -s', { stdinFile: script });
  if (code !== 0) throw new Error(`the state of the guest cannot be read: ${stderr}`);
  return stdout;
}
