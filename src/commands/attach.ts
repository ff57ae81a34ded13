// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import { addRunDirOption, examples, withContext } from './command.ts';

export function attachCommand(): Command {
  const command = new Command('attach')
    .summary('give a device to a workload')
    .description(
      "Gives a device to a workload and prints the folder with its eal.args and attachments.json. Any DPDK program linked with DPDK's shared libraries runs on it, as in the second example. Asking again for a device that the workload has already answers the same.",
    )
    .argument('<workload>', 'a name for the workload: lower-case letters, digits, dashes')
    .option('--device <id>', 'PCI address or device id (default: the first that is free)')
    .addHelpText(
      'after',
      examples([
        ['A device for a program of your own', 'vdpactl attach my-app'],
        [
          'Run that program on it',
          '$(vdpactl attach my-app --device local0 -o json | jq -r .command) ./my-app --lcores 1@1 -- …',
        ],
      ]),
    )
    .action(
      withContext<{ runDir: string; device?: string }>(async (context, options, workload = '') => {
        const { attachWorkload } = await import('../local/attach.ts');
        const { resolve } = await import('node:path');
        const runDir = resolve(context.cwd, options.runDir);
        const result = await attachWorkload({ ...context, runDir }, workload, options.device ?? null);
        context.progress.done();
        await context.emit(result, async () => {
          const { attachText } = await import('../output/stack-text.ts');
          return attachText(result);
        });
      }),
    );
  return addRunDirOption(command);
}
