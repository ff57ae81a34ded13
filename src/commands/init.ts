// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from 'commander';
import { schemaVersion } from '../schema-version.ts';
import { examples, withContext } from './command.ts';

export function initCommand(): Command {
  return new Command('init')
    .summary('write a commented config file')
    .description(
      'Writes a config file that names every setting, with what it means, what it may be, and its default. All settings in it are commented out, so it changes nothing until you edit it.',
    )
    .argument('[file]', 'the file to write (default: vdpactl.yaml)')
    .option('-f, --force', 'replace the file when there is one')
    .addOption(new Option('--stdout', 'print the config instead of writing it').conflicts('force'))
    .addHelpText(
      'after',
      examples([
        ['Begin with every default', 'vdpactl init'],
        ['See what can be set', 'vdpactl init --stdout | less'],
      ]),
    )
    .action(
      withContext<{ force?: true; stdout?: true }>(async (context, options, file) => {
        const { configTemplate } = await import('../config/template.ts');
        const text = configTemplate();
        if (options.stdout) {
          if (file !== undefined) await refuseBoth(file);
          await context.emit({ schemaVersion, path: null, replaced: false, text }, () => text);
          return;
        }
        const [{ defaultConfigFile }, { writeConfigFile }, { resolve }] = await Promise.all([
          import('../config/load-config.ts'),
          import('../config/write-config-file.ts'),
          import('node:path'),
        ]);
        const shown = file ?? defaultConfigFile;
        const path = resolve(context.cwd, shown);
        const replaced = writeConfigFile(path, text, { force: options.force ?? false, shown });
        const flag = shown === defaultConfigFile ? '' : ` --config ${shown}`;
        await context.emit(
          { schemaVersion, path, replaced, text: null },
          () => `${replaced ? 'replaced' : 'wrote'} ${shown}; edit it, then see what it makes: vdpactl render${flag}\n`,
        );
      }),
    );
}

async function refuseBoth(file: string): Promise<never> {
  const { VdpaError } = await import('../errors/vdpa-error.ts');
  throw new VdpaError('VDPA-USAGE-001', `--stdout writes no file, but ${file} was named`, {
    next: 'leave out one of the two',
  });
}
