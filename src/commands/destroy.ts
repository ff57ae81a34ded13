// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import { addRunDirOption, examples, withContext } from './command.ts';

export function destroyCommand(): Command {
  const command = new Command('destroy')
    .summary('take the stack down and remove every trace of it')
    .description(
      'Ends every process of the stack, removes the run directory with its sockets and logs, and looks whether anything is left. Works on whatever a killed run left, and again on nothing. Programs built for the benchmark stay in the cache unless --cache is given.',
    )
    .option('--cache', 'also remove the programs that were built for the benchmark')
    .addHelpText('after', examples([['All gone', 'vdpactl destroy']]))
    .action(
      withContext<{ runDir: string; cache?: boolean }>(async (context, options) => {
        const [{ destroyStack }, { withStackLock }, { runDir }, { resolve }] = await Promise.all([
          import('../local/destroy.ts'),
          import('../local/stack-lock.ts'),
          import('../../dataplane/contract/run-dir.ts'),
          import('node:path'),
        ]);
        const dir = runDir(resolve(context.cwd, options.runDir));
        const result = await withStackLock(dir.root, 'destroy', () => destroyStack(dir, context.progress));
        if (options.cache === true) {
          const { removeCache } = await import('../local/workload-programs.ts');
          removeCache(context.env);
        }
        context.progress.done();
        await context.emit(result, async () => {
          const { destroyText } = await import('../output/stack-text.ts');
          return destroyText(result);
        });
      }),
    );
  return addRunDirOption(command);
}
