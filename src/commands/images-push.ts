// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import { examples, withContext } from './command.ts';
import { addEngineArgOption, addEngineOptions, type EngineOptions, engineAndImages } from './images-engine.ts';
import { addRegistryOption } from './options.ts';

export function imagesPushCommand(): Command {
  const command = new Command('push')
    .summary('push the images that were built to a registry')
    .description(
      'Pushes the images that were built to the registry of the config, under the names by which nodes pull them, and prints the lines that pin them in the config, by the digests that they have there.',
    )
    .addHelpText(
      'after',
      examples([
        ['Log in first, by the engine', 'podman login registry.example.com'],
        ['Build and push', 'vdpactl images build && vdpactl images push --registry registry.example.com/team'],
        [
          'To a registry without TLS, with podman or buildah',
          'vdpactl images push --registry registry.example.com:5000 --engine podman --engine-arg=--tls-verify=false',
        ],
      ]),
    )
    .action(
      withContext<EngineOptions>(async (context, options, ...named) => {
        const [{ engine, images }, { pushCommand, tagCommands }, { pushImages }, text, { schemaVersion }] =
          await Promise.all([
            engineAndImages(context, options, named),
            import('../cluster/images/building/plan-push.ts'),
            import('../cluster/images/building/push-images.ts'),
            import('../output/cluster/engine-text.ts'),
            import('../schema-version.ts'),
          ]);
        const { env, signal, progress } = context;
        const { engineArg: engineArgs = [] } = options;
        const dryRun = options.dryRun === true;
        const commands = images.flatMap((image) => [
          ...tagCommands(engine, image),
          pushCommand(engine, image, `${image.name}.digest`, engineArgs),
        ]);
        const pushed = dryRun ? [] : await pushImages(engine, images, engineArgs, { env, signal, progress });
        if (!dryRun) progress.done();
        await context.emit({ schemaVersion, engine, dryRun, commands, images: pushed }, () =>
          dryRun ? text.commandsText(commands) : text.pushedText(pushed),
        );
      }),
    );
  addEngineArgOption(command, 'hand this to push of the engine as it is; may be given again');
  return addEngineOptions(addRegistryOption(command, 'push to this registry, or a path in it: HOST or HOST/PATH'));
}
