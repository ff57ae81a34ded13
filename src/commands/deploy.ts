// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from 'commander';
import { addConfigOption, addRunDirOption, addTargetOption, examples, numberBetween, withContext } from './command.ts';
import { type ConfigOptions, loadRequest } from './load.ts';
import { addStackOptions } from './options.ts';

export function deployCommand(): Command {
  const command = new Command('deploy')
    .summary('bring the stack up')
    .description(
      'Detects, checks, renders and starts the stack, and waits until every backend forwards. Run again it changes only what differs; after a kill it goes on from whatever is there. A first deployment that fails leaves nothing behind.',
    )
    .addOption(
      new Option('--timeout <seconds>', 'how long to wait for the backends')
        .argParser(numberBetween(1, 3600))
        .default(60),
    )
    .addHelpText(
      'after',
      examples([
        ['On this machine, without a NIC', 'vdpactl deploy --provider local'],
        ['Two devices', 'vdpactl deploy --provider local --devices 2'],
        [
          'With the NICs of this machine, prepared before with: vdpactl node prepare',
          'vdpactl deploy --provider baremetal --target machine',
        ],
        ['With one end of a veth pair as the wire', 'vdpactl deploy --provider local --interface wire0'],
      ]),
    )
    .action(
      withContext<ConfigOptions & { runDir: string; timeout: number; target?: 'machine' }>(async (context, options) => {
        const request = await loadRequest(context, options);
        const { deployStack } = await import('../local/deploy.ts');
        const { progress, signal } = context;
        const result = await deployStack({ ...request, progress, signal, timeoutMs: options.timeout * 1000 });
        progress.done();
        for (const warning of result.warnings) progress.warn(warning);
        await context.emit(result, async () => {
          const { deployText } = await import('../output/stack-text.ts');
          return deployText(result);
        });
      }),
    );
  return addStackOptions(addConfigOption(addRunDirOption(addTargetOption(command))));
}
