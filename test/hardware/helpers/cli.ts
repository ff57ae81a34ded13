// SPDX-License-Identifier: Apache-2.0
import type { Answer, Shell } from './shell.ts';

/** One JSON document of the command line under test, whatever its exit code. Throws when it is none. */
export async function ask(guest: Shell, command: string): Promise<{ code: number | null; document: unknown }> {
  const answer = await guest.run(`cd /root && vdpactl ${command} -o json`);
  return { code: answer.code, document: parse(answer, command) };
}

/** What the command line prints for a person. Throws where it does not succeed. */
export async function tell(guest: Shell, command: string): Promise<string> {
  const answer = await guest.run(`cd /root && vdpactl ${command}`);
  if (answer.code !== 0)
    throw new Error(`vdpactl ${command}: exit code ${answer.code}\n${answer.stdout}${answer.stderr}`);
  return answer.stdout;
}

function parse({ code, stdout, stderr }: Answer, command: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch (cause) {
    throw new Error(`vdpactl ${command}: exit code ${code} and no JSON:\n${stdout}${stderr}`, { cause });
  }
}
