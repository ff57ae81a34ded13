// SPDX-License-Identifier: Apache-2.0
import type { Command } from 'commander';
import type { ClusterOptions } from '../cluster/client/cluster-options.ts';

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** The options that say which cluster, and as whom: spelled as kubectl spells them. */
export function addClusterOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'kubeconfig of the cluster (default: as for kubectl)')
    .option('--context <name>', 'the context to use, where there are several')
    .option('--namespace <name>', 'namespace in the cluster')
    .option('--as <user>', 'act in the cluster as this user')
    .option('--as-group <group>', 'with --as: and as this group; may be given again', collect);
}

/** They alone, without the other options of a command. */
export function clusterOptions(options: ClusterOptions): ClusterOptions {
  const { kubeconfig, context, namespace, as, asGroup } = options;
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(as === undefined ? {} : { as }),
    ...(asGroup === undefined ? {} : { asGroup }),
  };
}
