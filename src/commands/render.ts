// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import { addConfigOption, addRunDirOption, examples, withContext } from './command.ts';
import { type ConfigOptions, loadRequest } from './load.ts';
import { addStackOptions } from './options.ts';

export function renderCommand(): Command {
  const command = new Command('render')
    .summary('print what deploy would write and start')
    .description(
      'Prints the whole stack as deploy would write it, to standard output. Changes nothing. The same input gives the same bytes.',
    )
    .addHelpText(
      'after',
      examples([
        ['See it first', 'vdpactl render --provider local'],
        [
          'The command line of every backend',
          'vdpactl render -o json | jq -r \'.backends[] | [.program] + .args | join(" ")\'',
        ],
      ]),
    )
    .action(
      withContext<ConfigOptions & { runDir: string }>(async (context, options) => {
        const request = await loadRequest(context, options);
        const { planStack } = await import('../local/plan-stack.ts');
        const { stack } = await planStack(request);
        await context.emit(stack, async () => {
          const { toYaml } = await import('../output/document.ts');
          return toYaml(stack);
        });
      }),
    );
  return addStackOptions(addConfigOption(addRunDirOption(command)));
}
