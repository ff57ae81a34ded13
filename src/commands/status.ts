// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import { addStackTargetOptions, isForCluster, type TargetOptions } from './cluster.ts';
import { addConfigOption, addRunDirOption, type Context, examples, withContext } from './command.ts';
import { loadCommandConfig } from './load.ts';

export interface StatusOptions extends TargetOptions {
  readonly runDir: string;
  readonly config?: string;
  readonly watch?: boolean;
  readonly devices?: boolean;
}

export function statusCommand(): Command {
  const command = new Command('status')
    .summary('say what runs and what does not')
    .description(
      'On this machine: looks at the process table and asks the agent, and prints how each part of the stack fares, who has which device, and where the logs are. In a cluster: each component and node, the devices that are offered and which pods have them, who is changing the stack, and what differs from how it was deployed. Exits 0 only when all that was deployed runs.',
    )
    .option('--watch', 'in a cluster: print it again whenever something changes, until Ctrl-C')
    .option('--devices', 'in a cluster: ask the agent of each node what its devices do, and count their packets')
    .addHelpText(
      'after',
      examples([
        ['Is all well?', 'vdpactl status'],
        ['Wait for it in a script', 'until vdpactl status >/dev/null; do sleep 1; done'],
        ['In a cluster', 'vdpactl status --target kubernetes'],
        ['Packets of every device', 'vdpactl status --target kubernetes --devices'],
        [
          'Which pods have devices, by node',
          'vdpactl status --context metal -o json | jq -r \'.clusters[].nodes[] | .name + ": " + (.pods | join(" "))\'',
        ],
      ]),
    )
    .action(
      withContext<StatusOptions>(async (context, options) => {
        const own = options.config === undefined ? {} : { config: options.config };
        const { config } = await loadCommandConfig(context, own);
        if (isForCluster(options, config.provider)) {
          const { statusOfClusters } = await import('./status-clusters.ts');
          return statusOfClusters(context, options, config);
        }
        if (options.devices === true) {
          const { VdpaError } = await import('../errors/vdpa-error.ts');
          throw new VdpaError('VDPA-USAGE-001', '--devices asks the agents of a cluster, and no cluster is meant', {
            next: 'leave it out: on this machine the packets are always shown; or say --target kubernetes',
          });
        }
        await statusHere(context, options);
      }),
    );
  return addConfigOption(addRunDirOption(addStackTargetOptions(command)));
}

async function statusHere(context: Context, options: StatusOptions): Promise<void> {
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
}
