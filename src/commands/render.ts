// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from 'commander';
import type { Config } from '../config/config-schema.ts';
import type { NodeReport } from '../platform/node-report.ts';
import type { Decision } from '../providers/decision.ts';
import {
  addConfigOption,
  addRunDirOption,
  type Context,
  examples,
  type GlobalOptions,
  withContext,
} from './command.ts';
import { type ConfigOptions, loadCommandConfig, loadRequest } from './load.ts';
import { addImageOptions, addStackOptions } from './options.ts';
import { addReportOptions, type ReportOptions, readReports } from './reports.ts';

interface RenderOptions extends ConfigOptions, ReportOptions {
  readonly runDir: string;
  readonly target?: 'machine' | 'kubernetes';
  readonly dir?: string;
}

type Nodes = readonly { readonly report: NodeReport; readonly decision: Decision }[];

export function renderCommand(): Command {
  const command = new Command('render')
    .summary('print what deploy would write and start')
    .description(
      'Prints the whole stack, to standard output. Changes nothing. The same input gives the same bytes. For a cluster these are Kubernetes objects, which kubectl apply takes; for this machine, the files and command lines that deploy would write and start.',
    )
    .addOption(
      new Option(
        '--target <where>',
        'machine: the processes of this machine; kubernetes: the objects of a cluster (default: machine for the provider local on this machine, otherwise kubernetes)',
      ).choices(['machine', 'kubernetes']),
    )
    .option('--dir <dir>', 'with -o dir: the folder to write, one file an object', 'vdpactl-manifests')
    .addOption(
      new Option('-o, --output <format>', 'how to print the result')
        .choices(['text', 'json', 'yaml', 'dir'])
        .default('text'),
    )
    .addHelpText(
      'after',
      examples([
        ['See it first', 'vdpactl render --provider local'],
        [
          'The stack of a cluster, from reports of its nodes',
          'vdpactl render --from nodes.json > stack.yaml && kubectl apply --server-side -f stack.yaml',
        ],
        ['The same as a folder for kustomize', 'vdpactl render --from nodes.json -o dir --dir manifests'],
        [
          'The command line of every backend on this machine',
          'vdpactl render --provider local -o json | jq -r \'.backends[] | [.program] + .args | join(" ")\'',
        ],
      ]),
    )
    .hook('preAction', async (_, action) => {
      const isGiven = action.getOptionValueSource('dir') === 'cli';
      if (isGiven && action.getOptionValue('output') !== 'dir') throw await refused('--dir goes with -o dir only');
    })
    .action(
      withContext<RenderOptions>(async (context, options) => {
        const nodes = await decided(context, options);
        const isLocal = nodes.length === 1 && nodes[0]?.decision.provider === 'local' && !isElsewhere(options);
        if ((options.target ?? (isLocal ? 'machine' : 'kubernetes')) === 'machine') {
          await renderMachine(context, options);
        } else await renderCluster(context, options, nodes);
      }),
    );
  return addImageOptions(addStackOptions(addConfigOption(addRunDirOption(addReportOptions(command)))));
}

const isElsewhere = ({ from, root }: RenderOptions): boolean => from !== undefined || root !== undefined;

async function decided(context: Context, options: RenderOptions): Promise<Nodes> {
  const [{ decide }, { config, set }, reports] = await Promise.all([
    import('../providers/decide.ts'),
    loadCommandConfig(context, options),
    readReports(context, options),
  ]);
  return reports.map((report) => ({ report, decision: decide(report, config, set) }));
}

async function renderMachine(context: Context, options: RenderOptions & GlobalOptions): Promise<void> {
  if (isElsewhere(options)) throw await refused('--target machine is for this machine, not for saved reports');
  if (options.output === 'dir') throw await refused('-o dir is for the stack of a cluster (--target kubernetes)');
  const [request, { planStack }] = await Promise.all([
    loadRequest(context, { ...options, target: 'machine' }),
    import('../local/plan-stack.ts'),
  ]);
  const { stack } = await planStack(request);
  await context.emit(stack, async () => (await import('../output/document.ts')).toYaml(stack));
}

async function renderCluster(context: Context, options: RenderOptions & GlobalOptions, nodes: Nodes): Promise<void> {
  const [{ renderKubernetes }, { config }] = await Promise.all([
    import('../templates/kubernetes/render-kubernetes.ts'),
    loadCommandConfig(context, options),
  ]);
  const stack = renderKubernetes({ nodes: withNics(context, nodes, config), config });
  switch (options.output) {
    case 'dir':
      return writeFolder(context, options.dir ?? 'vdpactl-manifests', stack);
    case 'json': {
      const { toManifestList } = await import('../output/manifests/manifest-list.ts');
      return context.emit(toManifestList(stack), () => '');
    }
    default: {
      const { toManifestYaml } = await import('../output/manifests/manifest-yaml.ts');
      context.stdout(toManifestYaml(stack));
    }
  }
}

/**
 * Virtual devices look like any other to a pod, and move no packet to another node. So a node that has nothing else to give
 * gets into a cluster only by being asked for.
 */
function withNics(context: Context, nodes: Nodes, config: Config): Nodes {
  if (config.provider === 'local') return nodes;
  const isLeftOut = ({ decision }: Nodes[number]) => decision.provider === 'local';
  const leftOut = nodes.filter(isLeftOut).map(({ report }) => report.node.name ?? 'a node without a name');
  if (leftOut.length > 0) {
    const more = leftOut.length > shownNames ? ` and ${leftOut.length - shownNames} more` : '';
    const names = `${leftOut.slice(0, shownNames).join(', ')}${more}`;
    context.progress.warn(`left out, having no NIC to give away (virtual devices: --provider local): ${names}`);
  }
  return nodes.filter((node) => !isLeftOut(node));
}

const shownNames = 5;

type Stack = ReturnType<typeof import('../templates/kubernetes/render-kubernetes.ts')['renderKubernetes']>;

/** In place of what an earlier run wrote: a manifest that is left over would be applied along with the new. */
async function writeFolder(context: Context, dir: string, stack: Stack): Promise<void> {
  const [{ toManifestFiles }, { writeManifestFolder }, { resolve }] = await Promise.all([
    import('../output/manifests/manifest-files.ts'),
    import('../files/manifest-folder.ts'),
    import('node:path'),
  ]);
  const files = toManifestFiles(stack);
  writeManifestFolder(resolve(context.cwd, dir), dir, files);
  context.progress.done(`wrote ${files.size} files`);
  context.stdout(`${dir}\n`);
}

async function refused(message: string): Promise<Error> {
  const { VdpaError } = await import('../errors/vdpa-error.ts');
  return new VdpaError('VDPA-USAGE-001', message, { next: 'see: vdpactl render --help' });
}
