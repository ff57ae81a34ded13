// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import type { RunDir } from '../../dataplane/contract/run-dir.ts';
import type { StackStatus } from '../local/status.ts';
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
    .option('--watch', 'print it again whenever something changes, until Ctrl-C')
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
        await (options.watch === true ? watchHere(context, options) : statusHere(context, options));
      }),
    );
  return addConfigOption(addRunDirOption(addStackTargetOptions(command)));
}

async function statusHere(context: Context, options: StatusOptions): Promise<void> {
  const { stackStatus } = await import('../local/status.ts');
  await show(context, await stackStatus(await runDirOf(context, options)));
}

/** Prints every change, one document after the other, until it is interrupted. */
async function watchHere(context: Context, options: StatusOptions): Promise<void> {
  const { watchStackStatus } = await import('../local/watch-status.ts');
  for await (const status of watchStackStatus(await runDirOf(context, options), context.signal)) {
    await show(context, status, '\n');
  }
}

async function show(context: Context, status: StackStatus, after = ''): Promise<void> {
  context.setExitCode(status.state === 'healthy' ? 0 : 1);
  await context.emit(status, async () => {
    const { statusText } = await import('../output/stack-text.ts');
    return `${statusText(status)}${after}`;
  });
}

async function runDirOf({ cwd }: Context, options: StatusOptions): Promise<RunDir> {
  const [{ runDir }, { resolve }] = await Promise.all([
    import('../../dataplane/contract/run-dir.ts'),
    import('node:path'),
  ]);
  return runDir(resolve(cwd, options.runDir));
}
