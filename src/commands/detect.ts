// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import { addConfigOption, examples, withContext } from './command.ts';
import { type ConfigOptions, loadCommandConfig } from './load.ts';
import { addStackOptions } from './options.ts';

export function detectCommand(): Command {
  const command = new Command('detect')
    .summary('say what is on this machine and what would be done with it')
    .description(
      'Reads what is on this machine (NICs, drivers, IOMMU, huge pages, CPUs, modules) and prints it with the decision that follows, the evidence for it and against each alternative. Changes nothing and asks no network.',
    )
    .option('--root <dir>', 'read the sys, proc and lib/modules below this folder instead of the machine')
    .addHelpText(
      'after',
      examples([
        ['What is here?', 'vdpactl detect'],
        [
          'For a script: the PCI addresses of all uplinks',
          "vdpactl detect -o json | jq -r '.nics[] | select(.uplink).pciAddress'",
        ],
        ['A captured tree', 'vdpactl detect --root ./captured-node'],
      ]),
    )
    .action(
      withContext<ConfigOptions & { root?: string }>(async (context, options) => {
        const [{ probe }, { decide }, { config, set }] = await Promise.all([
          import('../platform/probe.ts'),
          import('../providers/decide.ts'),
          loadCommandConfig(context, options),
        ]);
        const report = probe({ env: context.env, ...(options.root === undefined ? {} : { root: options.root }) });
        const decision = decide(report, config, set);
        await context.emit({ ...report, decision }, async () => {
          const { detectText } = await import('../output/detect-text.ts');
          return detectText(report, decision);
        });
      }),
    );
  return addStackOptions(addConfigOption(command));
}
