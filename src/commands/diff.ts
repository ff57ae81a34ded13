// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import { deploymentFields, failedFields } from '../output/cluster/deploy-document.ts';
import { addClustersOptions, type TargetOptions } from './cluster.ts';
import { type ClusterCall, type ClusterOutcome, inClusters } from './clusters.ts';
import { addConfigOption, type Context, examples, withContext } from './command.ts';
import { addPlanOptions, type PlanOptions } from './deploy-options.ts';
import { type ConfigOptions, loadCommandConfig } from './load.ts';
import { addImageOptions, addStackOptions } from './options.ts';
import { planSource } from './plan-source.ts';

type DiffOptions = ConfigOptions & PlanOptions & TargetOptions;

export function diffCommand(): Command {
  const command = new Command('diff')
    .summary('say what deploy would change in a cluster')
    .description(
      'Compares the stack, as it would be deployed now, with what is in the cluster, field by field. The API server judges every object (dry run), and nothing is changed. Secrets are hidden. Exits 0 when there is no difference, 1 when there is one, and above 1 for an error.',
    )
    .addHelpText(
      'after',
      examples([
        ['Is the cluster as the config says?', 'vdpactl diff --provider aws'],
        ['From saved reports, without a pod on any node', 'vdpactl diff --from nodes.json'],
        [
          'The paths that differ',
          'vdpactl diff -o json | jq -r \'.clusters[].objects[] | .kind + " " + .name, .fields[].path\'',
        ],
      ]),
    )
    .action(
      withContext<DiffOptions>(async (context, options) => {
        const { config, set } = await loadCommandConfig(context, options);
        await inClusters(context, options, config, (call) => diffOne(context, options, call, set), failedFields);
      }),
    );
  return addImageOptions(addStackOptions(addConfigOption(addPlanOptions(addClustersOptions(command)))));
}

async function diffOne(
  context: Context,
  options: DiffOptions,
  call: ClusterCall,
  set: readonly string[],
): Promise<ClusterOutcome> {
  const [{ prepareDeployment }, { isChanged }, { plannedText, sameText }] = await Promise.all([
    import('../cluster/deploy/prepare-deployment.ts'),
    import('../cluster/plan/planned-change.ts'),
    import('../output/cluster/deploy-text.ts'),
  ]);
  const { client, place, config } = call;
  const { progress, signal } = context;
  const prepared = await prepareDeployment({
    ...{ client, config, set, progress, signal, dryRun: 'server' },
    policy: options.adopt,
    forceConflicts: options.forceConflicts ?? [],
    allowDowngrade: options.allowDowngrade === true,
    namespace: place.namespace,
    source: planSource(context, call, options, false),
  });
  const differs = isChanged(prepared.changes);
  return {
    fields: deploymentFields(place, differs ? 'planned' : 'unchanged', prepared, null),
    text: differs ? plannedText(place, prepared) : sameText(place, prepared),
    exitCode: differs ? 1 : 0,
  };
}
