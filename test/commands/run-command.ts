// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import { addGlobalOptions, type OutputFormat, provideContext } from '../../src/commands/command.ts';
import { toJson, toYaml } from '../../src/output/document.ts';
import { silentProgress } from '../../src/output/progress.ts';

/** What a command prints to standard output; throws what it throws. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  cwd: string,
  setExitCode: (code: number) => void = () => {},
): Promise<string> {
  let printed = '';
  const stdout = (text: string): void => {
    printed += text;
  };
  provideContext((options) => ({
    env: {},
    cwd,
    signal: new AbortController().signal,
    progress: silentProgress,
    stdout,
    async emit(doc, text) {
      const formats: Record<OutputFormat, () => string | Promise<string>> = {
        text,
        json: () => toJson(doc),
        yaml: () => toYaml(doc),
        dir: text,
      };
      stdout(await formats[options.output]());
    },
    setExitCode,
  }));
  // A command of a group has them already.
  const isComplete = command.options.some(({ long }) => long === '--progress');
  (isComplete ? command : addGlobalOptions(command)).exitOverride().configureOutput({ writeErr: () => {} });
  await command.parseAsync([...args], { from: 'user' });
  return printed;
}
