// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import { addRunDirOption, examples, withContext } from './command.ts';

export function detachCommand(): Command {
  const command = new Command('detach')
    .summary('take a device back from a workload')
    .description(
      'Takes back one device, or all that the workload has, and removes its folder. Succeeds for what is not attached.',
    )
    .argument('<workload>', 'the name given to attach')
    .option('--device <id>', 'PCI address or device id (default: all that the workload has)')
    .addHelpText('after', examples([['Done with it', 'vdpactl detach my-app']]))
    .action(
      withContext<{ runDir: string; device?: string }>(async (context, options, workload = '') => {
        const { detachWorkload } = await import('../local/attach.ts');
        const { resolve } = await import('node:path');
        const result = await detachWorkload(resolve(context.cwd, options.runDir), workload, options.device ?? null);
        await context.emit(result, () =>
          result.devices.length === 0
            ? `${workload} had nothing attached\n`
            : `took back ${result.devices.join(', ')} from ${workload}\n`,
        );
      }),
    );
  return addRunDirOption(command);
}
