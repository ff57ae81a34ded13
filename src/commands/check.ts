// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from 'commander';
import type { CheckFacts, NodeCheckFacts } from '../check/facts.ts';
import type { ParsedManifests } from '../check/manifests/parsed-manifests.ts';
import type { ClusterOptions } from '../cluster/client/cluster-options.ts';
import { addClusterOptions, clusterOptions } from './cluster.ts';
import { addConfigOption, addRunDirOption, addTargetOption, type Context, examples, withContext } from './command.ts';
import { type ConfigOptions, loadCommandConfig, loadRequest } from './load.ts';
import { addStackOptions } from './options.ts';
import { addReportOptions, type ReportOptions, readReports } from './reports.ts';

interface CheckOptions extends ConfigOptions, ReportOptions, ClusterOptions {
  readonly runDir: string;
  readonly target?: 'machine';
  readonly file?: string[];
  readonly pre?: boolean;
  readonly only?: string[];
  readonly skip?: string[];
  readonly ignore?: string[];
  readonly threshold: 'warn' | 'fail';
  readonly cluster?: boolean;
}

const collect = (value: string, before: string[] = []): string[] => [...before, ...value.split(',')];
const collectPath = (value: string, before: string[] = []): string[] => [...before, value];

export function checkCommand(): Command {
  const command = new Command('check')
    .summary('check whether a machine, a node or manifests are ready')
    .description(
      'Checks this machine, captured nodes or Kubernetes manifests and says for each check what was found, what is needed, and what to do. Changes nothing. Exits 1 when a check is at or above the threshold.',
    )
    .option(
      '-f, --file <file>',
      'check manifests: a file, a folder of them, or - for standard input; may be given again',
      collectPath,
    )
    .addOption(
      new Option(
        '--cluster',
        'check a cluster: its version, Multus, your rights, the device plugin; not its nodes, which --from does',
      ).conflicts(['root', 'target']),
    )
    .option('--pre', 'only what has to hold before anything is installed')
    .option('--only <ids>', 'run these checks only', collect)
    .option('--skip <ids>', 'leave these checks out', collect)
    .option('--ignore <ids>', 'count failures of these as warnings', collect)
    .addOption(
      new Option('--threshold <level>', 'what makes the command exit 1').choices(['warn', 'fail']).default('fail'),
    )
    .addHelpText(
      'after',
      examples([
        ['Is this machine ready?', 'vdpactl check'],
        ['Only the huge pages, for a script', 'vdpactl check --only VDPA-HUGE-001 -o json'],
        ['A machine for measuring must have no warning either', 'vdpactl check --threshold warn'],
        ['A node that was captured, before anything is installed on it', 'vdpactl check --pre --from node.tgz'],
        ['The cluster of the current context, before anything is deployed', 'vdpactl check --cluster --pre'],
        ['Manifests, and whether they fit that node', 'vdpactl check -f ./manifests --from node.tgz'],
      ]),
    )
    .action(
      withContext<CheckOptions>(async (context, options) => {
        const [{ runChecks }, { schemaVersion }] = await Promise.all([
          import('../check/run-checks.ts'),
          import('../schema-version.ts'),
        ]);
        const rows = runChecks(await gather(context, options), options);
        const levels = options.threshold === 'warn' ? ['warn', 'fail'] : ['fail'];
        if (rows.some((row) => levels.includes(row.level))) context.setExitCode(1);
        await context.emit({ schemaVersion, checks: rows }, async () => {
          const { checkText } = await import('../output/check-text.ts');
          return checkText(rows);
        });
      }),
    );
  return addStackOptions(
    addConfigOption(addRunDirOption(addTargetOption(addClusterOptions(addReportOptions(command))))),
  );
}

/** Manifests alone say nothing of this machine; otherwise the nodes that are named, or this one. */
async function gather(context: Context, options: CheckOptions): Promise<CheckFacts> {
  const { noFacts } = await import('../check/facts.ts');
  const isCaptured = options.from !== undefined || options.root !== undefined;
  const manifests = options.file === undefined ? null : await manifestsOf(context, options.file);
  const cluster = isOfCluster(options) ? await clusterOf(context, options) : null;
  if ((manifests !== null || cluster !== null) && !isCaptured) return { ...noFacts, manifests, cluster };
  const nodes = await nodesOf(context, options, isCaptured);
  const [here] = nodes;
  const isHere = here?.decision.provider === 'local' || options.target === 'machine';
  const machine = isHere && !isCaptured ? await machineOf(context, options) : null;
  return { ...noFacts, machine, nodes, manifests, cluster };
}

/** Whoever names a cluster means it. */
function isOfCluster({ cluster, kubeconfig, context, namespace, as, asGroup }: CheckOptions): boolean {
  return cluster === true || [kubeconfig, context, namespace, as, asGroup].some((option) => option !== undefined);
}

async function clusterOf(context: Context, options: CheckOptions): Promise<CheckFacts['cluster']> {
  const [{ config }, { connect }, { gatherClusterFacts }] = await Promise.all([
    loadCommandConfig(context, options),
    import('../cluster/client/kube-client.ts'),
    import('../cluster/facts/gather-cluster-facts.ts'),
  ]);
  const namespace = options.namespace ?? config.kubernetes.namespace;
  const client = connect(clusterOptions(options), context.env, context.cwd);
  try {
    const within = { ...config, kubernetes: { ...config.kubernetes, namespace } };
    return await gatherClusterFacts(client, within, context.signal);
  } finally {
    client.close();
  }
}

async function nodesOf(context: Context, options: CheckOptions, isCaptured: boolean): Promise<NodeCheckFacts[]> {
  const [{ decide }, { config, set }, reports] = await Promise.all([
    import('../providers/decide.ts'),
    loadCommandConfig(context, options),
    readReports(context, options),
  ]);
  const live = isCaptured ? null : (await import('../local/live-facts.ts')).liveFacts(context.env);
  return reports.map((report) => ({ report, decision: decide(report, config, set), config, live }));
}

/** What a deployment here finds; null where none can be made of this node yet, which the checks of the node say why. */
async function machineOf(context: Context, options: CheckOptions): Promise<CheckFacts['machine']> {
  const [request, { planStack }, { gatherFacts }, { runDir }, { VdpaError }] = await Promise.all([
    loadRequest(context, options),
    import('../local/plan-stack.ts'),
    import('../local/gather-facts.ts'),
    import('../../dataplane/contract/run-dir.ts'),
    import('../errors/vdpa-error.ts'),
  ]);
  const unready: readonly string[] = ['VDPA-PROVIDER-002', 'VDPA-PROVIDER-003'];
  try {
    return gatherFacts(runDir(request.runDir), await planStack(request), request.config, request.env).machine;
  } catch (error) {
    if (error instanceof VdpaError && unready.includes(error.code)) return null;
    throw error;
  }
}

async function manifestsOf(context: Context, paths: readonly string[]): Promise<ParsedManifests> {
  const [{ readManifests }, { parseManifests }, { addAbortSignal }] = await Promise.all([
    import('../check/manifests/read-manifests.ts'),
    import('../check/manifests/parse-manifests.ts'),
    import('node:stream'),
  ]);
  // Someone who forgot to give it anything ends the wait with Ctrl-C.
  const stdin = paths.includes('-') ? addAbortSignal(context.signal, process.stdin) : [];
  return parseManifests(await readManifests(paths, context.cwd, stdin));
}
