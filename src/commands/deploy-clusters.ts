// SPDX-License-Identifier: Apache-2.0
import type { Prepared } from '../cluster/deploy/prepare-deployment.ts';
import type { PlanFile } from '../cluster/plan/plan-file.ts';
import type { ChangeSet } from '../cluster/plan/planned-change.ts';
import type { Config } from '../config/config-schema.ts';
import { VdpaError } from '../errors/vdpa-error.ts';
import { deploymentFields, failedFields, type Place } from '../output/cluster/deploy-document.ts';
import { type ClusterCall, type ClusterOutcome, inClusters } from './clusters.ts';
import type { Context } from './command.ts';
import { confirm } from './confirm.ts';
import type { ClusterDeployOptions } from './deploy-options.ts';
import { planSource } from './plan-source.ts';

/** In a cluster nodes have to start pods, one after the other on a busy one. */
const clusterTimeout = 300;

/** `deploy` for clusters: each gets the same stack, made for its own nodes. */
export async function deployToClusters(
  context: Context,
  options: ClusterDeployOptions,
  config: Config,
  set: readonly string[],
): Promise<void> {
  checkOptions(options);
  const file =
    options.plan !== undefined && options.dryRun === undefined ? await readPlan(context, options.plan) : null;
  const work = (call: ClusterCall) =>
    options.dryRun === undefined
      ? deployOne(context, options, call, set, file)
      : planOne(context, options, call, set, options.dryRun);
  await inClusters(context, options, file?.config ?? config, work, failedFields);
}

async function deployOne(
  context: Context,
  options: ClusterDeployOptions,
  call: ClusterCall,
  set: readonly string[],
  file: PlanFile | null,
): Promise<ClusterOutcome> {
  const [{ deployOrRollBack }, { deploymentText, plannedText }, { verifyUnmoved }, { resolve }] = await Promise.all([
    import('../cluster/deploy/roll-back.ts'),
    import('../output/cluster/deploy-text.ts'),
    import('../cluster/plan/plan-file.ts'),
    import('node:path'),
  ]);
  const { client, place, config } = call;
  const { progress, signal } = context;
  if (file !== null) refuseOtherCluster(file, place);
  const where = `context ${place.context}`;
  const result = await deployOrRollBack({
    ...{ client, config, set, progress, signal },
    ...common(options),
    source: file === null ? planSource(context, call, options, true) : { kind: 'plan', plan: file.plan },
    timeoutMs: (options.timeout ?? clusterTimeout) * 1000,
    pullTimeoutMs: options.pullTimeout * 1000,
    confirm: (prepared) => {
      const shown = plannedText(place, prepared);
      return confirm(context, options.yes === true || file !== null, shown, `Deploy to ${place.context}?`);
    },
    ...(file === null ? {} : { verify: (changes: ChangeSet) => verifyUnmoved(file, changes, where) }),
    rollBack: options.rollbackOnFailure === true,
    evidenceFile: resolve(context.cwd, `vdpactl-evidence-${place.context.replaceAll(/[^\w.-]/g, '_')}.tgz`),
  });
  return {
    fields: deploymentFields(place, result.state, result, result.waited),
    text: deploymentText(place, result),
    exitCode: result.skipped.find(({ kept }) => !kept)?.error.exitCode ?? 0,
  };
}

async function planOne(
  context: Context,
  options: ClusterDeployOptions,
  call: ClusterCall,
  set: readonly string[],
  dryRun: 'client' | 'server',
): Promise<ClusterOutcome> {
  const [{ prepareDeployment }, { isChanged }, { plannedText, sameText }] = await Promise.all([
    import('../cluster/deploy/prepare-deployment.ts'),
    import('../cluster/plan/planned-change.ts'),
    import('../output/cluster/deploy-text.ts'),
  ]);
  const { client, place, config } = call;
  const { progress, signal } = context;
  const prepared = await prepareDeployment({
    ...{ client, config, set, dryRun, progress, signal },
    ...common(options),
    namespace: place.namespace,
    source: planSource(context, call, options, false),
  });
  if (options.plan !== undefined) await savePlan(context, options, call, prepared);
  return {
    fields: deploymentFields(place, 'planned', prepared, null),
    text: isChanged(prepared.changes) ? plannedText(place, prepared) : sameText(place, prepared),
    exitCode: 0,
  };
}

function common(options: ClusterDeployOptions) {
  return {
    policy: options.adopt,
    forceConflicts: options.forceConflicts ?? [],
    allowDowngrade: options.allowDowngrade === true,
  };
}

function checkOptions(options: ClusterDeployOptions): void {
  const { plan, dryRun, context, from } = options;
  const next = 'see: vdpactl deploy --help';
  if (plan !== undefined && (context?.length ?? 0) > 1) {
    throw new VdpaError('VDPA-USAGE-001', '--plan is for one cluster, and there are several --context', { next });
  }
  if (plan !== undefined && dryRun === 'client') {
    throw new VdpaError('VDPA-USAGE-001', '--plan takes --dry-run server: it holds to what the API server has judged', {
      next,
    });
  }
  if (plan !== undefined && dryRun === undefined && from !== undefined) {
    throw new VdpaError('VDPA-USAGE-001', '--plan without --dry-run does what the file says, and takes no --from', {
      next,
    });
  }
}

async function readPlan(context: Context, file: string): Promise<PlanFile> {
  const [{ readPlanFile }, { resolve }] = await Promise.all([
    import('../cluster/plan/plan-file.ts'),
    import('node:path'),
  ]);
  return readPlanFile(resolve(context.cwd, file), file);
}

async function savePlan(
  context: Context,
  options: ClusterDeployOptions,
  { place, config }: ClusterCall,
  { plan, changes }: Prepared,
): Promise<void> {
  const [{ planFileOf, writePlanFile }, { resolve }] = await Promise.all([
    import('../cluster/plan/plan-file.ts'),
    import('node:path'),
  ]);
  const shown = options.plan ?? '';
  const file = planFileOf(place.server ?? '', config, plan, changes);
  writePlanFile(resolve(context.cwd, shown), shown, file, options.force === true);
  context.progress.done(`saved the plan to ${shown}`);
}

function refuseOtherCluster(file: PlanFile, place: Place): void {
  if (file.server === place.server && file.namespace === place.namespace) return;
  throw new VdpaError(
    'VDPA-PLAN-001',
    `the plan is for ${file.server}, namespace ${file.namespace}, and not for ${place.server}, namespace ${place.namespace}`,
    { next: 'choose the cluster that it was made for with --context, or make a plan for this one' },
  );
}
