// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../../../errors/vdpa-error.ts';
import type { BuildableImage } from './buildable.ts';
import type { EngineCommand, EngineName } from './engine.ts';

/** The name by which nodes ask for an image, where it is another than the one that it was built by. */
export function tagCommands(engine: EngineName, { local, reference }: BuildableImage): EngineCommand[] {
  return local === reference ? [] : [{ program: engine, args: ['tag', local, reference] }];
}

/** Throws VDPA-IMAGES-003 for an image whose name leads to no registry. */
export function pushCommand(
  engine: EngineName,
  { name, reference }: BuildableImage,
  digestFile: string,
  engineArgs: readonly string[],
): EngineCommand {
  if (reference.startsWith('localhost/')) {
    throw new VdpaError('VDPA-IMAGES-003', 'its name leads to no registry', {
      where: reference,
      next: `say which registry: --registry HOST/PATH, or kubernetes.images.registry or .${name} in the config`,
    });
  }
  // What the others print beside errors is one line a layer.
  const digest = engine === 'docker' ? [] : ['--quiet', '--digestfile', digestFile];
  return { program: engine, args: ['push', ...digest, ...engineArgs, reference] };
}

/** The digest of what was pushed: docker prints it, the others write it into their file. null: it is not there. */
export function pushedDigest(text: string): string | null {
  return /^(?:\S+: digest: )?(sha256:[0-9a-f]{64})\b/m.exec(text)?.[1] ?? null;
}
