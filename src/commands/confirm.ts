// SPDX-License-Identifier: Apache-2.0
import type { Context } from './command.ts';

/**
 * Shows on a terminal what is about to be done and asks whether to. Without a terminal, and with --yes, nothing is asked: a
 * script has said what it wants.
 */
export async function confirm(context: Context, yes: boolean, shown: string, question: string): Promise<boolean> {
  if (yes || process.stdin.isTTY !== true || process.stderr.isTTY !== true) return true;
  context.progress.done();
  await context.progress.settled();
  process.stderr.write(shown);
  const { createInterface } = await import('node:readline/promises');
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal: context.signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
