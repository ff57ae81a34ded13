// SPDX-License-Identifier: Apache-2.0
import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import type { BuildableImage, BuildableName } from '../cluster/images/building/buildable.ts';
import type { EngineName } from '../cluster/images/building/engine.ts';
import { addConfigOption, addGlobalOptions, type Context } from './command.ts';
import { type ConfigOptions, loadCommandConfig } from './load.ts';

/** What the commands that handle images have in common. */
export interface EngineOptions extends ConfigOptions {
  readonly engine?: EngineName;
  readonly engineArg?: readonly string[];
  readonly tag?: string;
  readonly dryRun?: boolean;
}

/** Known here too, so that help needs none of the code that does the work. */
const names: readonly BuildableName[] = ['node', 'l3fwd'];
const engines: readonly EngineName[] = ['podman', 'buildah', 'docker'];

export function addEngineOptions(command: Command): Command {
  command
    .addArgument(new Argument('[name...]', 'images of vdpactl (default: all of them)').choices(names))
    .addOption(
      new Option(
        '--engine <name>',
        'program that handles images (default: the first of these that is installed)',
      ).choices(engines),
    )
    .addOption(
      new Option('--tag <version>', 'tag of the images, in place of the usual one; never latest').argParser(tag),
    )
    .option('--dry-run', 'print the commands, and run none');
  return addGlobalOptions(addConfigOption(command));
}

export function addEngineArgOption(command: Command, what: string): Command {
  return command.option('--engine-arg <argument>', what, (value, before: readonly string[] = []) => [...before, value]);
}

function tag(text: string): string {
  if (!/^\w[\w.-]{0,127}$/.test(text) || text === 'latest') {
    throw new InvalidArgumentError(
      'It must be a tag of letters, digits, dots, dashes and underscores, and not latest.',
    );
  }
  return text;
}

/** The images that are meant, and the engine. A dry run goes without an engine: it shows what podman would be told. */
export async function engineAndImages(
  context: Context,
  options: EngineOptions,
  named: readonly string[],
): Promise<{ engine: EngineName; images: BuildableImage[] }> {
  const [{ config }, { buildableImage, buildableNames }, { findEngine }] = await Promise.all([
    loadCommandConfig(context, options),
    import('../cluster/images/building/buildable.ts'),
    import('../cluster/images/building/engine.ts'),
  ]);
  const wanted = buildableNames.filter((name) => named.length === 0 || named.includes(name));
  const images = wanted.map((name) => buildableImage(config.kubernetes.images, name, options.tag ?? null));
  const engine =
    options.dryRun === true ? (options.engine ?? 'podman') : findEngine(options.engine ?? null, context.env);
  return { engine, images };
}
