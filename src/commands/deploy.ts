// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from 'commander';
import { VdpaError } from '../errors/vdpa-error.ts';
import { addStackTargetOptions, isForCluster } from './cluster.ts';
import { addConfigOption, addRunDirOption, type Context, examples, numberBetween, withContext } from './command.ts';
import { addDeploymentOptions, type ClusterDeployOptions, clusterOnlyOptions } from './deploy-options.ts';
import { type ConfigOptions, loadCommandConfig, loadRequest } from './load.ts';
import { addImageOptions, addStackOptions } from './options.ts';

type DeployOptions = ConfigOptions & ClusterDeployOptions & { readonly runDir: string; readonly timeout?: number };

/** Seconds. A backend starts within a few; a cluster has pods to place. */
const machineTimeout = 60;

export function deployCommand(): Command {
  const command = new Command('deploy')
    .summary('bring the stack up')
    .description(
      'Detects, checks, renders and starts the stack, and waits until every part is ready. On this machine these are processes; in a cluster, Kubernetes objects by server-side apply, of which nothing is changed before the API server has said that it takes them all. Run again it changes only what differs; after a kill it goes on from whatever is there.',
    )
    .addOption(
      new Option('--timeout <seconds>', 'how long to wait for each part (default: 60; in a cluster 300)').argParser(
        numberBetween(1, 3600),
      ),
    )
    .addHelpText(
      'after',
      examples([
        ['On this machine, without a NIC', 'vdpactl deploy --provider local'],
        [
          'With the NICs of this machine, prepared before with: vdpactl node prepare',
          'vdpactl deploy --provider baremetal --target machine',
        ],
        ['In the cluster of the current context', 'vdpactl deploy --provider aws'],
        [
          'Review it first, then do exactly that',
          'vdpactl deploy --target kubernetes --dry-run server --plan plan.json && vdpactl deploy --plan plan.json',
        ],
        ['The same stack in two clusters', 'vdpactl deploy --context cloud --context metal'],
        [
          'In CI: give up after ten minutes, and put back what was there',
          'vdpactl deploy --context ci --timeout 600 --rollback-on-failure',
        ],
      ]),
    )
    .action(
      withContext<DeployOptions>(async (context, options) => {
        const { config, set } = await loadCommandConfig(context, options);
        const named = clusterOnlyOptions(options);
        if (named.length > 0 && options.target === 'machine') throw notHere(named);
        if (named.length > 0 || isForCluster(options, config.provider)) {
          const { deployToClusters } = await import('./deploy-clusters.ts');
          return deployToClusters(context, options, config, set);
        }
        await deployHere(context, options);
      }),
    );
  return addImageOptions(
    addStackOptions(addConfigOption(addRunDirOption(addDeploymentOptions(addStackTargetOptions(command))))),
  );
}

function notHere(names: readonly string[]): VdpaError {
  return new VdpaError('VDPA-USAGE-001', `${names.join(', ')}: for a cluster only, and --target is machine`, {
    next: 'leave it out, or deploy to a cluster: --target kubernetes; see: vdpactl deploy --help',
  });
}

async function deployHere(context: Context, options: DeployOptions): Promise<void> {
  const target = options.target === 'machine' ? { target: options.target } : {};
  const { target: _, ...others } = options;
  const request = await loadRequest(context, { ...others, ...target });
  const { deployStack } = await import('../local/deploy.ts');
  const { progress, signal } = context;
  const timeoutMs = (options.timeout ?? machineTimeout) * 1000;
  const result = await deployStack({ ...request, progress, signal, timeoutMs });
  progress.done();
  for (const warning of result.warnings) progress.warn(warning);
  await context.emit(result, async () => {
    const { deployText } = await import('../output/stack-text.ts');
    return deployText(result);
  });
}
