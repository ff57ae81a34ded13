// SPDX-License-Identifier: Apache-2.0
import { type Command, Option } from 'commander';
import type { ClusterOptions } from '../cluster/client/cluster-options.ts';

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** The options that say which cluster, and as whom: spelled as kubectl spells them. */
export function addClusterOptions(command: Command): Command {
  return addUserOptions(command.option('--context <name>', 'the context to use, where there are several'));
}

/** The same for a command that can be given several clusters. */
export function addClustersOptions(command: Command): Command {
  return addUserOptions(
    command.option(
      '--context <name>',
      'the context to use, where there are several; given again, one cluster after the other',
      collect,
    ),
  );
}

function addUserOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'kubeconfig of the cluster (default: as for kubectl)')
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

/** Where a stack is, as commander gives it. */
export interface TargetOptions extends Omit<ClusterOptions, 'context'> {
  readonly target?: 'machine' | 'kubernetes';
  readonly context?: readonly string[];
}

/** The options that say whether the stack of this machine is meant, or that of clusters, and which. */
export function addStackTargetOptions(command: Command): Command {
  return addClustersOptions(
    command.addOption(
      new Option(
        '--target <where>',
        'machine: the processes of this machine; kubernetes: a cluster (default: kubernetes where a cluster is named or the provider is a cloud or bare metal, otherwise machine)',
      ).choices(['machine', 'kubernetes']),
    ),
  );
}

/** Whether a cluster is meant: said so, or one is named, or the provider is one whose nodes make clusters. */
export function isForCluster(options: TargetOptions, provider: string): boolean {
  const { target, context, kubeconfig, namespace, as } = options;
  if (target !== undefined) return target === 'kubernetes';
  if ([context, kubeconfig, namespace, as].some((option) => option !== undefined)) return true;
  return provider !== 'auto' && provider !== 'local';
}
