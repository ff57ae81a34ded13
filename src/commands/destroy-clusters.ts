// SPDX-License-Identifier: Apache-2.0
import type { Config } from '../config/config-schema.ts';
import {
  destructionFields,
  destructionText,
  failedDestructionFields,
  toDestroyText,
} from '../output/cluster/destroy-text.ts';
import type { TargetOptions } from './cluster.ts';
import { type ClusterCall, type ClusterOutcome, inClusters } from './clusters.ts';
import type { Context } from './command.ts';
import { confirm } from './confirm.ts';

export interface DestroyClustersOptions extends TargetOptions {
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly skipUnreachable?: boolean;
  readonly timeout: number;
}

/** `destroy` for clusters. */
export async function destroyInClusters(
  context: Context,
  options: DestroyClustersOptions,
  config: Config,
): Promise<void> {
  await inClusters(context, options, config, (call) => destroyOne(context, options, call), failedDestructionFields);
}

async function destroyOne(
  context: Context,
  options: DestroyClustersOptions,
  { client, config, place }: ClusterCall,
): Promise<ClusterOutcome> {
  const { destroyCluster } = await import('../cluster/destroy/destroy-cluster.ts');
  const { progress, signal } = context;
  const result = await destroyCluster({
    ...{ client, config, progress, signal },
    force: options.force === true,
    skipUnreachable: options.skipUnreachable === true,
    timeoutMs: options.timeout * 1000,
    confirm: ({ objects }, nodes) => {
      const shown = toDestroyText(objects, nodes);
      return confirm(context, options.yes === true, shown, `Destroy all this in ${place.context}?`);
    },
  });
  return { fields: destructionFields(place, result), text: destructionText(place, result), exitCode: 0 };
}
