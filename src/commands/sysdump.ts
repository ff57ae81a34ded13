// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from 'commander';
import type { ClusterOptions } from '../cluster/client/cluster-options.ts';
import type { KubeClient } from '../cluster/client/kube-client.ts';
import type { SysdumpRequest } from '../cluster/sysdump/take-sysdump.ts';
import type { Config } from '../config/config-schema.ts';
import { duration, size } from './amounts.ts';
import { addClusterOptions, clusterOptions } from './cluster.ts';
import { addConfigOption, type Context, examples, integerBetween, withContext } from './command.ts';
import { type ConfigOptions, loadCommandConfig } from './load.ts';
import { addImageOptions } from './options.ts';

interface SysdumpOptions extends ConfigOptions, ClusterOptions {
  readonly file?: string;
  readonly force?: boolean;
  readonly quick?: boolean;
  readonly logsSince?: number;
  readonly logsLimit: number;
  readonly nodeList?: readonly string[];
  readonly parallel: number;
}

const list = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...value.split(',').filter((name) => name !== ''),
];

export function sysdumpCommand(): Command {
  const command = new Command('sysdump')
    .summary('save what shows why a stack in a cluster does not work, in one archive')
    .description(
      'Saves the record of a stack, its objects, pods, events and logs, the nodes and their reports in one archive, for somebody else to look at. Of objects only fields that are known to be harmless are taken, and of Secrets nothing. What cannot be had is named in index.json, with why, and is no error: half the cluster may be down. Begin with index.html. Changes nothing, but for the short-lived pods that look at nodes.',
    )
    .option('--file <file>', 'the archive (default: vdpactl-sysdump-CONTEXT-TIME.tgz)')
    .option('--force', 'replace a file of that name')
    .option('--quick', 'do not look at the nodes by pods')
    .addOption(
      new Option('--logs-since <time>', 'only logs that are younger: 30m, 1h (default: however old)').argParser(
        duration,
      ),
    )
    .addOption(
      new Option('--logs-limit <size>', 'of each log only the end: 500KiB, 1MiB')
        .argParser(size)
        .default(1024 * 1024, '1MiB'),
    )
    .option(
      '--node-list <names>',
      'only these nodes and the pods on them, with commas between; may be given again',
      list,
    )
    .addOption(new Option('--parallel <n>', 'logs, and nodes, at once').argParser(integerBetween(1, 64)).default(8))
    .addHelpText(
      'after',
      examples([
        ['For a report of a fault', 'vdpactl sysdump'],
        [
          'In a large cluster: two nodes, and only what is new',
          'vdpactl sysdump --node-list node-a,node-b --logs-since 1h',
        ],
        ['What would be done with its nodes, on another machine', 'vdpactl detect --from vdpactl-sysdump.tgz'],
        ['Which parts are missing, and why', 'vdpactl sysdump -o json | jq \'.parts[] | select(.outcome != "saved")\''],
      ]),
    )
    .action(
      withContext<SysdumpOptions>(async (context, options) => {
        const [{ config }, { connect }, { takeSysdump }, { resolve }, { schemaVersion }] = await Promise.all([
          loadCommandConfig(context, options),
          import('../cluster/client/kube-client.ts'),
          import('../cluster/sysdump/take-sysdump.ts'),
          import('node:path'),
          import('../schema-version.ts'),
        ]);
        const namespace = options.namespace ?? config.kubernetes.namespace;
        const client = connect(clusterOptions(options), context.env, context.cwd);
        try {
          const shown = options.file ?? defaultName(client);
          const result = await takeSysdump({
            ...{ client, namespace, shown, signal: context.signal, progress: context.progress },
            workloadNamespace: config.kubernetes.workloadNamespace,
            file: resolve(context.cwd, shown),
            force: options.force === true,
            logs: { sinceSeconds: options.logsSince ?? null, limitBytes: options.logsLimit },
            nodes: options.nodeList ?? null,
            parallel: options.parallel,
            probe: options.quick === true ? null : probeOf(context, options, config),
          });
          context.progress.done();
          const { context: name } = client.access;
          await context.emit({ schemaVersion, context: name, namespace, file: shown, ...result }, async () => {
            const { sysdumpText } = await import('../output/cluster/sysdump-text.ts');
            return sysdumpText(shown, result);
          });
        } finally {
          client.close();
        }
      }),
    );
  return addImageOptions(addConfigOption(addClusterOptions(command)));
}

function defaultName({ access }: KubeClient): string {
  const time = new Date()
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');
  return `vdpactl-sysdump-${access.context.replaceAll(/[^\w.-]/g, '_')}-${time}.tgz`;
}

/** The same probe as detect --cluster: it makes a namespace for its pods where there is none, and removes it again. */
function probeOf(context: Context, options: SysdumpOptions, config: Config): NonNullable<SysdumpRequest['probe']> {
  const { env, cwd } = context;
  const { namespace = config.kubernetes.namespace, ...cluster } = clusterOptions(options);
  const within = { ...config, kubernetes: { ...config.kubernetes, namespace } };
  return async (hosts, signal) => {
    const [{ detectInCluster }, { silentProgress }] = await Promise.all([
      import('../cluster/detect/detect-in-cluster.ts'),
      import('../output/progress.ts'),
    ]);
    // Its steps are one part of this.
    const progress = { ...silentProgress, update: (text: string) => context.progress.update(text) };
    const selector = hosts === null ? config.kubernetes.nodeSelector.join(',') : `kubernetes.io/hostname in (${hosts})`;
    const found = await detectInCluster({
      ...{ config: within, env, cwd, signal, progress, cluster, parallel: options.parallel },
      ...(selector === '' ? {} : { nodes: selector }),
    });
    return found;
  };
}
