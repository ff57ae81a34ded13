// SPDX-License-Identifier: Apache-2.0
import { Command, Option } from 'commander';
import type { LoadTarget } from '../cluster/images/building/plan-load.ts';
import { examples, withContext } from './command.ts';
import { addEngineOptions, type EngineOptions, engineAndImages } from './images-engine.ts';
import { addRegistryOption } from './options.ts';

interface LoadCommandOptions extends EngineOptions {
  readonly to: LoadTarget;
  readonly namespace: string;
  readonly cluster?: string;
}

const targets: readonly LoadTarget[] = ['containerd', 'kind', 'k3d', 'podman'];

/** What brings each target along. */
const programs: Record<LoadTarget, readonly [name: string, hint: string]> = {
  containerd: ['ctr', 'run this on the node, where containerd is: apt-get install containerd'],
  kind: ['kind', 'install kind, or name another target with --to'],
  k3d: ['k3d', 'install k3d, or name another target with --to'],
  podman: ['podman', 'install it: apt-get install podman'],
};

export function imagesLoadCommand(): Command {
  const command = new Command('load')
    .summary('put the images that were built where pods run, without a registry')
    .description(
      'Puts the images that were built into containerd on this machine, or into the nodes of a kind or k3d cluster, under the names by which pods ask for them.',
    )
    .addOption(new Option('--to <where>', 'what takes them').choices(targets).default('containerd'))
    .option('--namespace <name>', 'with containerd: its namespace; Kubernetes uses this one', 'k8s.io')
    .option('--cluster <name>', 'with kind and k3d: the cluster (default: theirs)')
    .addHelpText(
      'after',
      examples([
        ['On a node', 'sudo vdpactl images load'],
        ['Into a kind cluster', 'vdpactl images load --to kind --cluster demo'],
        ['What would be run?', 'vdpactl images load --to k3d --dry-run'],
      ]),
    )
    .action(
      withContext<LoadCommandOptions>(async (context, options, ...named) => {
        const [
          { engine, images },
          { requireProgram },
          { importCommand, importedCommand, saveCommand },
          { tagCommands },
          text,
        ] = await Promise.all([
          engineAndImages(context, options, named),
          import('../cluster/images/building/engine.ts'),
          import('../cluster/images/building/plan-load.ts'),
          import('../cluster/images/building/plan-push.ts'),
          import('../output/cluster/engine-text.ts'),
        ]);
        const { env, signal, progress } = context;
        const { to, namespace, cluster = null } = options;
        const load = { engine, to, namespace, cluster };
        const dryRun = options.dryRun === true;
        if (cluster !== null && to !== 'kind' && to !== 'k3d') {
          const { VdpaError } = await import('../errors/vdpa-error.ts');
          throw new VdpaError('VDPA-USAGE-001', `--cluster names one of kind or k3d, and the images go to ${to}`, {
            next: 'say --to kind or --to k3d, or leave --cluster out',
          });
        }
        const commands = images.flatMap((image) => [
          ...tagCommands(engine, image),
          saveCommand(load, image.reference, `${image.name}.tar`),
          importCommand(load, `${image.name}.tar`),
          ...[importedCommand(load, image.reference)].filter((command) => command !== null),
        ]);
        if (!dryRun) requireProgram(...programs[to], env);
        const [{ loadImages }, { schemaVersion }] = await Promise.all([
          import('../cluster/images/building/load-images.ts'),
          import('../schema-version.ts'),
        ]);
        const loaded = dryRun ? [] : await loadImages(images, load, { env, signal, progress });
        if (!dryRun) progress.done();
        await context.emit({ schemaVersion, engine, to, dryRun, commands, images: loaded }, () =>
          dryRun ? text.commandsText(commands) : text.imageFactsText(loaded),
        );
      }),
    );
  const what = 'name them as nodes would pull them from this registry: HOST or HOST/PATH';
  return addEngineOptions(addRegistryOption(command, what));
}
