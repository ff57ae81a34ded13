// SPDX-License-Identifier: Apache-2.0
import type { ClusterStatus } from '../cluster/status/cluster-status.ts';
import type { Config } from '../config/config-schema.ts';
import { VdpaError } from '../errors/vdpa-error.ts';
import { failedStatusFields, statusFields } from '../output/cluster/status-document.ts';
import { clusterOptions, type TargetOptions } from './cluster.ts';
import { type ClusterCall, type ClusterOutcome, inClusters } from './clusters.ts';
import type { Context } from './command.ts';

interface StatusClustersOptions extends TargetOptions {
  readonly watch?: boolean;
  readonly devices?: boolean;
}

/** `status` for clusters. */
export async function statusOfClusters(
  context: Context,
  options: StatusClustersOptions,
  config: Config,
): Promise<void> {
  if (options.devices === true) refuseDevices(options, config);
  if (options.watch === true) return watch(context, options, config);
  const devices = options.devices === true;
  await inClusters(context, options, config, (call) => statusOfOne(context, call, devices), failedStatusFields);
}

function refuseDevices(options: StatusClustersOptions, { kubernetes }: Config): void {
  if (options.watch === true) {
    throw new VdpaError('VDPA-USAGE-001', '--devices asks every node, and --watch would do so at each change', {
      next: 'ask again and again instead: watch vdpactl status --devices',
    });
  }
  if (kubernetes.agentPages !== 'node') {
    throw new VdpaError('VDPA-USAGE-001', '--devices asks the agents, which show nothing beyond their nodes', {
      where: 'kubernetes.agentPages',
      next: 'deploy with kubernetes.agentPages: node, or ask on the node: curl 127.0.0.1:9861/node',
    });
  }
}

async function statusOfOne(
  context: Context,
  { client, place }: ClusterCall,
  devices: boolean,
): Promise<ClusterOutcome> {
  const { clusterStatus } = await import('../cluster/status/cluster-status.ts');
  const status = await clusterStatus(client, place.namespace, context.signal, {}, { devices });
  return { fields: statusFields(place, status), text: await textOf(status), exitCode: exitCodeOf(status) };
}

/** Prints every change, one document after the other, until it is interrupted. */
async function watch(context: Context, options: StatusClustersOptions, config: Config): Promise<void> {
  const [name, ...others] = options.context ?? [];
  if (others.length > 0) {
    throw new VdpaError('VDPA-USAGE-001', '--watch is for one cluster, and there are several --context', {
      next: 'watch each in a terminal of its own',
    });
  }
  const [{ connect }, { watchStatus }, { schemaVersion }] = await Promise.all([
    import('../cluster/client/kube-client.ts'),
    import('../cluster/status/watch-status.ts'),
    import('../schema-version.ts'),
  ]);
  const { context: _, ...rest } = options;
  const client = connect(
    clusterOptions({ ...rest, ...(name === undefined ? {} : { context: name }) }),
    context.env,
    context.cwd,
  );
  const namespace = options.namespace ?? config.kubernetes.namespace;
  const place = { context: client.access.context, server: client.access.server.href, namespace };
  try {
    for await (const status of watchStatus(client, namespace, context.signal)) {
      context.setExitCode(exitCodeOf(status));
      const clusters = [statusFields(place, status)];
      await context.emit({ schemaVersion, target: 'kubernetes', clusters }, async () => `${await textOf(status)}\n`);
    }
  } finally {
    client.close();
  }
}

const exitCodeOf = ({ state }: ClusterStatus): number => (state === 'healthy' ? 0 : 1);

async function textOf(status: ClusterStatus): Promise<string> {
  const { clusterStatusText } = await import('../output/cluster/status-text.ts');
  return clusterStatusText(status);
}
