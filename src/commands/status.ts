// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import { addRunDirOption, examples, withContext } from './command.ts';

export function statusCommand(): Command {
  const command = new Command('status')
    .summary('say what runs and what does not')
    .description(
      'Looks at the process table and asks the agent, and prints how each part of the stack fares, who has which device, and where the logs are. Exits 0 only when all that was deployed runs.',
    )
    .addHelpText(
      'after',
      examples([
        ['Is all well?', 'vdpactl status'],
        ['Wait for it in a script', 'until vdpactl status >/dev/null; do sleep 1; done'],
      ]),
    )
    .action(
      withContext<{ runDir: string }>(async (context, options) => {
        const [{ stackStatus }, { runDir }, { resolve }] = await Promise.all([
          import('../local/status.ts'),
          import('../../dataplane/contract/run-dir.ts'),
          import('node:path'),
        ]);
        const status = await stackStatus(runDir(resolve(context.cwd, options.runDir)));
        if (status.state !== 'healthy') context.setExitCode(1);
        await context.emit(status, async () => {
          const { statusText } = await import('../output/stack-text.ts');
          return statusText(status);
        });
      }),
    );
  return addRunDirOption(command);
}
