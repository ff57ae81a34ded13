// SPDX-License-Identifier: Apache-2.0
import type { KubeClient } from '../cluster/client/kube-client.ts';
import type { Config } from '../config/config-schema.ts';
import { VdpaError } from '../errors/vdpa-error.ts';
import type { Place } from '../output/cluster/deploy-document.ts';
import { clusterOptions, type TargetOptions } from './cluster.ts';
import type { Context } from './command.ts';

/** One of the clusters that a command was given. */
export interface ClusterCall {
  readonly client: KubeClient;
  readonly place: Place;
  /** The config with the namespace that was named. */
  readonly config: Config;
  readonly options: ReturnType<typeof clusterOptions>;
}

/** What a command did in one cluster: data, words, and the exit code that it stands for. */
export interface ClusterOutcome {
  readonly fields: object;
  readonly text: string;
  readonly exitCode: number;
}

/**
 * Does the same in every cluster that is named, one after the other, and prints one document. Of several, one that fails does
 * not keep the others from their turn; the exit code is that of the first that failed.
 */
export async function inClusters(
  context: Context,
  options: TargetOptions,
  config: Config,
  work: (call: ClusterCall) => Promise<ClusterOutcome>,
  failed: (place: Place, error: VdpaError) => object,
): Promise<void> {
  const contexts = options.context ?? [undefined];
  const outcomes: ClusterOutcome[] = [];
  for (const name of contexts)
    outcomes.push(await inOne(context, options, config, name, contexts.length > 1, work, failed));
  context.progress.done();
  const bad = outcomes.find(({ exitCode }) => exitCode !== 0);
  if (bad !== undefined) context.setExitCode(bad.exitCode);
  const { schemaVersion } = await import('../schema-version.ts');
  const clusters = outcomes.map(({ fields }) => fields);
  await context.emit({ schemaVersion, target: 'kubernetes', clusters }, () =>
    outcomes.map(({ text }) => text).join('\n'),
  );
}

async function inOne(
  context: Context,
  options: TargetOptions,
  config: Config,
  name: string | undefined,
  isOneOfSeveral: boolean,
  work: (call: ClusterCall) => Promise<ClusterOutcome>,
  failed: (place: Place, error: VdpaError) => object,
): Promise<ClusterOutcome> {
  const [{ connect }, { asVdpaError }, { errorText }] = await Promise.all([
    import('../cluster/client/kube-client.ts'),
    import('../errors/as-vdpa-error.ts'),
    import('../output/error-text.ts'),
  ]);
  const namespace = options.namespace ?? config.kubernetes.namespace;
  const { context: _, ...others } = options;
  const own = clusterOptions({ ...others, ...(name === undefined ? {} : { context: name }) });
  let place: Place = { context: name ?? '', server: null, namespace };
  let client: KubeClient | null = null;
  try {
    client = connect(own, context.env, context.cwd);
    place = { context: client.access.context, server: client.access.server.href, namespace };
    const within = { ...config, kubernetes: { ...config.kubernetes, namespace } };
    return await work({ client, place, config: within, options: own });
  } catch (thrown) {
    if (context.signal.aborted) throw thrown;
    const error = placed(asVdpaError(thrown), place);
    if (!isOneOfSeveral) throw error;
    context.progress.fail();
    return { fields: failed(place, error), text: errorText(error), exitCode: error.exitCode };
  } finally {
    client?.close();
  }
}

/** An error that does not say where it went wrong, such as one of the planning, went wrong in this cluster. */
function placed(error: VdpaError, { context }: Place): VdpaError {
  if (error.where !== null || context === '' || error.code === 'VDPA-BUG-001') return error;
  const { code, message, next, details } = error;
  return new VdpaError(code, message, { where: `context ${context}`, next, details, cause: error });
}
