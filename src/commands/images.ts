// SPDX-License-Identifier: Apache-2.0
import { Command } from 'commander';
import { addConfigOption, addGlobalOptions, examples, withContext } from './command.ts';
import { imagesBuildCommand } from './images-build.ts';
import { imagesLoadCommand } from './images-load.ts';
import { imagesPushCommand } from './images-push.ts';
import { type ConfigOptions, loadCommandConfig } from './load.ts';
import { addImageOptions } from './options.ts';

export function imagesCommand(): Command {
  return new Command('images')
    .summary('make the images of a stack in a cluster, and say which it needs')
    .description(
      'Makes the images of vdpactl and brings them to where nodes find them. Says which images nodes pull, so that they can be mirrored or looked at first.',
    )
    .addCommand(listCommand())
    .addCommand(imagesBuildCommand())
    .addCommand(imagesPushCommand())
    .addCommand(imagesLoadCommand());
}

function listCommand(): Command {
  const command = new Command('list')
    .summary('print every image that a stack of this config can use')
    .description(
      'Prints every image that a stack of this config can use, whatever its nodes turn out to be: as they pull it, with its exact version or digest, and as it is named where it comes from. Asks no cluster and no registry.',
    )
    .addHelpText(
      'after',
      examples([
        ['What would be pulled?', 'vdpactl images list'],
        [
          'Mirror all of them',
          'vdpactl images list --registry registry.example.com/mirror -o json | jq -r \'.images[] | .upstream + " " + .reference\' | while read -r from to; do skopeo copy --all "docker://$from" "docker://$to"; done',
        ],
      ]),
    )
    .action(
      withContext<ConfigOptions>(async (context, options) => {
        const [{ config }, { listImages }, { schemaVersion }] = await Promise.all([
          loadCommandConfig(context, options),
          import('../cluster/images/list-images.ts'),
          import('../schema-version.ts'),
        ]);
        const images = listImages(config);
        const { registry, pullSecrets } = config.kubernetes.images;
        await context.emit({ schemaVersion, registry, pullSecrets, images }, async () => {
          const { imagesText } = await import('../output/cluster/images-text.ts');
          return imagesText(images);
        });
      }),
    );
  return addGlobalOptions(addImageOptions(addConfigOption(command)));
}
