// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from 'commander';
import { addStackTargetOptions, isForCluster, type TargetOptions } from './cluster.ts';
import { addConfigOption, addRunDirOption, type Context, examples, numberBetween, withContext } from './command.ts';
import type { DestroyClustersOptions } from './destroy-clusters.ts';
import { type ConfigOptions, loadCommandConfig } from './load.ts';
import { addImageOptions } from './options.ts';

type ImageOptions = Pick<ConfigOptions, 'config' | 'registry' | 'imagePullSecret'>;

interface DestroyOptions extends TargetOptions, DestroyClustersOptions, ImageOptions {
  readonly runDir: string;
  readonly cache?: boolean;
}

export function destroyCommand(): Command {
  const command = new Command('destroy')
    .summary('take the stack down and remove every trace of it')
    .description(
      'On this machine: ends every process of the stack, removes the run directory with its sockets and logs, and looks whether anything is left. In a cluster: removes exactly what was deployed, in reverse order, cleans the hosts of its nodes, and looks whether anything is left. Works on whatever a killed run left, and again on nothing. Programs built for the benchmark stay in the cache unless --cache is given.',
    )
    .option('--cache', 'also remove the programs that were built for the benchmark')
    .option('--yes', 'ask nothing (nothing is asked without a terminal either)')
    .option('--force', 'in a cluster: also while pods of others have devices of the stack')
    .option(
      '--skip-unreachable',
      'in a cluster: leave hosts that cannot be cleaned as they are, and remove everything else',
    )
    .addOption(
      new Option('--timeout <seconds>', 'in a cluster: how long objects may take to go, and each host to be cleaned')
        .argParser(numberBetween(1, 3600))
        .default(180),
    )
    .addHelpText(
      'after',
      examples([
        ['All gone', 'vdpactl destroy'],
        ['The stack of a cluster', 'vdpactl destroy --target kubernetes'],
        ['Although one of its nodes is broken for good', 'vdpactl destroy --context metal --skip-unreachable'],
      ]),
    )
    .action(
      withContext<DestroyOptions>(async (context, options) => {
        const { config } = await loadCommandConfig(context, options);
        if (isForCluster(options, config.provider)) {
          const { destroyInClusters } = await import('./destroy-clusters.ts');
          return destroyInClusters(context, options, config);
        }
        await destroyHere(context, options);
      }),
    );
  return addImageOptions(addConfigOption(addRunDirOption(addStackTargetOptions(command))));
}

async function destroyHere(context: Context, options: DestroyOptions): Promise<void> {
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
}
