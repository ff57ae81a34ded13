// SPDX-License-Identifier: Apache-2.0
import { Argument, Command } from 'commander';
import { schemaVersion } from '../schema-version.ts';
import { examples, withContext } from './command.ts';

/** `program` makes the whole command line; it is asked only when a script is to be printed. */
export function completionCommand(program: () => Command): Command {
  return new Command('completion')
    .summary('print a completion script for a shell')
    .description('Prints a script that makes the shell complete commands, options, their values and files.')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      examples([
        ['bash, in this shell', 'source <(vdpactl completion bash)'],
        [
          'bash, from now on',
          'mkdir -p ~/.local/share/bash-completion/completions && vdpactl completion bash > ~/.local/share/bash-completion/completions/vdpactl',
        ],
        ['zsh, in a folder of $fpath', `vdpactl completion zsh > "\${fpath[1]}/_vdpactl"`],
        [
          'fish',
          'mkdir -p ~/.config/fish/completions && vdpactl completion fish > ~/.config/fish/completions/vdpactl.fish',
        ],
      ]),
    )
    .action(
      withContext(async (context, _options, shell) => {
        const { describeCommand } = await import('../completion/command-spec.ts');
        const spec = describeCommand(program());
        const script = await scriptFor(shell, spec);
        await context.emit({ schemaVersion, shell, script }, () => script);
      }),
    );
}

async function scriptFor(
  shell: string | undefined,
  spec: import('../completion/command-spec.ts').CommandSpec,
): Promise<string> {
  if (shell === 'fish') return (await import('../completion/fish-script.ts')).fishScript(spec);
  if (shell === 'zsh') return (await import('../completion/zsh-script.ts')).zshScript(spec);
  return (await import('../completion/bash-script.ts')).bashScript(spec);
}
