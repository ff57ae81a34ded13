// SPDX-License-Identifier: Apache-2.0
import { type Command, Option } from 'commander';
import type { ClusterOptions } from '../cluster/client/cluster-options.ts';
import type { Config } from '../config/config-schema.ts';
import type { FleetResult } from '../fleet/fleet-result.ts';
import { addClusterOptions, clusterOptions } from './cluster.ts';
import { type Context, integerBetween } from './command.ts';

/** Which other machines are looked at, as commander gives it. */
export interface FleetOptions extends ClusterOptions {
  readonly cluster?: boolean;
  readonly nodes?: string;
  readonly ssh?: readonly string[];
  readonly parallel?: number;
  readonly timeout?: number;
}

/** What belongs to one kind of target only. */
const clusterOnly = [
  ['nodes', '--nodes'],
  ['kubeconfig', '--kubeconfig'],
  ['context', '--context'],
  ['namespace', '--namespace'],
  ['as', '--as'],
  ['asGroup', '--as-group'],
] as const;

/** The options that look at the nodes of a cluster, or at hosts by ssh, instead of this machine. */
export function addFleetOptions(command: Command): Command {
  const local = ['from', 'root', 'cloud', 'save'];
  command
    .addOption(
      new Option(
        '--cluster',
        'look at the nodes of a Kubernetes cluster, each by a short-lived pod that can only read',
      ).conflicts([...local, 'ssh']),
    )
    .option('--nodes <selector>', 'with --cluster: only the nodes with these labels, as kubectl --selector')
    .addOption(new Option('--ssh <host...>', 'look at these hosts by ssh; nothing is installed there').conflicts(local))
    .addOption(
      new Option('--parallel <n>', 'with --cluster or --ssh: machines at once (default: 16)').argParser(
        integerBetween(1, 256),
      ),
    )
    .addOption(
      new Option(
        '--timeout <seconds>',
        'with --cluster or --ssh: for each machine (default: 180 for a node, whose image may have to be pulled; 60 for a host)',
      ).argParser(integerBetween(1, 3600)),
    );
  return addClusterOptions(command);
}

/** What came of the machines that the options name; null where they name none. */
export async function readFleet(
  context: Context,
  options: FleetOptions,
  config: Config,
): Promise<FleetResult[] | null> {
  await checkOptions(options);
  const { env, cwd, signal, progress } = context;
  const timeout = options.timeout === undefined ? {} : { timeoutMs: options.timeout * 1000 };
  if (options.ssh !== undefined) {
    const { detectOverSsh } = await import('../fleet/ssh.ts');
    const concurrency = options.parallel === undefined ? {} : { concurrency: options.parallel };
    return detectOverSsh(options.ssh, { env, signal, progress, ...concurrency, ...timeout });
  }
  if (options.cluster !== true) return null;
  const { detectInCluster } = await import('../cluster/detect/detect-in-cluster.ts');
  return detectInCluster({
    ...{ config, env, cwd, signal, progress },
    cluster: clusterOptions(options),
    ...(options.nodes === undefined ? {} : { nodes: options.nodes }),
    ...(options.parallel === undefined ? {} : { parallel: options.parallel }),
    ...timeout,
  });
}

async function checkOptions(options: FleetOptions): Promise<void> {
  const refuse = async (flag: string, needs: string) => {
    const { VdpaError } = await import('../errors/vdpa-error.ts');
    throw new VdpaError('VDPA-USAGE-001', `${flag} goes with ${needs} only`, {
      next: `add ${needs}, or leave ${flag} out; see: vdpactl detect --help`,
    });
  };
  if (options.cluster !== true) {
    for (const [key, flag] of clusterOnly) if (options[key] !== undefined) await refuse(flag, '--cluster');
  }
  if (options.cluster === true || options.ssh !== undefined) return;
  if (options.parallel !== undefined) await refuse('--parallel', '--cluster or --ssh');
  if (options.timeout !== undefined) await refuse('--timeout', '--cluster or --ssh');
}
