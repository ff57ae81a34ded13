// SPDX-License-Identifier: Apache-2.0
import { Command, InvalidArgumentError, Option } from 'commander';
import { examples, withContext } from './command.ts';
import { addEngineArgOption, addEngineOptions, type EngineOptions, engineAndImages } from './images-engine.ts';

interface BuildCommandOptions extends EngineOptions {
  readonly base?: string;
  readonly mirror?: string;
  readonly snapshot?: string;
}

export function imagesBuildCommand(): Command {
  const command = new Command('build')
    .summary('build the images of vdpactl')
    .description(
      'Builds the images of the node and of the workloads from Debian 13 and from this installation of vdpactl, with podman, buildah or docker. With podman and buildah two builds of the same commit with the same packages give the same image.',
    )
    .option(
      '--base <image>',
      'Debian 13 to build on, best with a digest (default: docker.io/library/debian:trixie-slim)',
    )
    .addOption(new Option('--mirror <url>', 'take the packages from this Debian mirror').argParser(mirror))
    .addOption(
      new Option('--snapshot <time>', 'take the packages as they were then: 20261101T000000Z').argParser(snapshot),
    )
    .addHelpText(
      'after',
      examples([
        ['All of them, under the names that a stack asks for', 'vdpactl images build'],
        [
          'One, reproducibly: the same base and the same packages every time',
          'vdpactl images build node --base docker.io/library/debian@sha256:… --snapshot 20261101T000000Z',
        ],
        ['What would be run?', 'vdpactl images build --dry-run'],
        [
          'Where containers may not start for RUN',
          'vdpactl images build --engine buildah --engine-arg=--isolation=chroot',
        ],
      ]),
    )
    .action(
      withContext<BuildCommandOptions>(async (context, options, ...named) => {
        const [{ engine, images }, { requireSources }, { originOf }, { packageRoot }, { schemaVersion }] =
          await Promise.all([
            engineAndImages(context, options, named),
            import('../cluster/images/building/buildable.ts'),
            import('../cluster/images/building/source-date.ts'),
            import('../files/package-root.ts'),
            import('../schema-version.ts'),
          ]);
        const root = packageRoot();
        const chosen = images.map(({ name }) => name);
        requireSources(root, chosen);
        const { base = null, mirror = null, snapshot = null, engineArg: engineArgs = [] } = options;
        const build = { engine, root, base, mirror, snapshot, engineArgs, ...(await originOf(root, context.env)) };
        const { env, signal, progress } = context;
        const [{ buildCommand }, { buildImages }, text] = await Promise.all([
          import('../cluster/images/building/plan-build.ts'),
          import('../cluster/images/building/build-images.ts'),
          import('../output/cluster/engine-text.ts'),
        ]);
        const commands = images.map((image) => buildCommand(image, build));
        const dryRun = options.dryRun === true;
        const built = dryRun ? [] : await buildImages(images, build, { env, signal, progress });
        if (!dryRun) progress.done();
        await context.emit({ schemaVersion, engine, dryRun, commands, images: built }, () =>
          dryRun ? text.commandsText(commands) : text.imageFactsText(built),
        );
      }),
    );
  return addEngineOptions(addEngineArgOption(command, 'hand this to the engine as it is; may be given again'));
}

function mirror(text: string): string {
  if (!/^[a-z+]+:\/\/\S+$/.test(text)) {
    throw new InvalidArgumentError('It must be a URL such as http://mirror.example.com/debian.');
  }
  return text;
}

function snapshot(text: string): string {
  if (!/^\d{8}T\d{6}Z$/.test(text)) throw new InvalidArgumentError('It must be a time such as 20261101T000000Z.');
  return text;
}
