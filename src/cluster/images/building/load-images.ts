// SPDX-License-Identifier: Apache-2.0
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildableImage } from './buildable.ts';
import { type ImageFacts, inspectCommand, readImageFacts } from './built-image.ts';
import { nextAfterLoad } from './next-step.ts';
import { notBuilt } from './not-built.ts';
import {
  importCommand,
  importedCommand,
  importedDigest,
  k3dError,
  type LoadOptions,
  saveCommand,
} from './plan-load.ts';
import { tagCommands } from './plan-push.ts';
import { type EngineRun, type OnFailure, runEngine } from './run-engine.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface LoadedImage extends ImageFacts {
  readonly name: string;
  readonly reference: string;
  /** As containerd has it now; null: what else takes images makes a manifest of its own. */
  readonly digest: string | null;
}

/** Archives are large, and /tmp is often in memory. */
const archiveFolder = '/var/tmp';

/**
 * Hands images that were built to where pods run, under the names by which they ask for them; no registry is needed.
 * Throws VDPA-IMAGES-003.
 */
export async function loadImages(
  images: readonly BuildableImage[],
  options: LoadOptions,
  engineRun: EngineRun,
): Promise<LoadedImage[]> {
  const folder = temporaryFolder(engineRun.env, archiveFolder, needsRoom);
  try {
    const loaded: LoadedImage[] = [];
    for (const image of images) {
      engineRun.progress.step(`Loading ${image.reference} into ${options.to}`);
      loaded.push(await loadImage(image, options, engineRun, join(folder, `${image.name}.tar`)));
    }
    return loaded;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function loadImage(
  image: BuildableImage,
  options: LoadOptions,
  engineRun: EngineRun,
  file: string,
): Promise<LoadedImage> {
  const { engine, to } = options;
  const { name, local, reference } = image;
  const facts = await runEngine(engineRun, inspectCommand(engine, local), notBuilt(engine, image));
  const failed = (what: string, next: OnFailure['next']): OnFailure => ({
    code: 'VDPA-IMAGES-003',
    message: `the image ${name} cannot be ${what}`,
    where: reference,
    next,
  });
  const notSaved = failed('saved', needsRoom);
  for (const tag of tagCommands(engine, image)) await runEngine(engineRun, tag, notSaved);
  await runEngine(engineRun, saveCommand(options, reference, file), notSaved);
  const notLoaded = failed(`loaded into ${to}`, (said) => nextAfterLoad(said, to));
  await runEngine(engineRun, importCommand(options, file), to === 'k3d' ? { ...notLoaded, said: k3dError } : notLoaded);
  rmSync(file, { force: true });
  const asked = importedCommand(options, reference);
  const digest = asked === null ? null : importedDigest(await runEngine(engineRun, asked, notLoaded));
  return { name, reference, ...readImageFacts(engine, facts), digest };
}

const needsRoom = 'an archive needs as much room as the image: TMPDIR says where it is written';
