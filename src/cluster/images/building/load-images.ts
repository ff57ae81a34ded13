// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildableImage } from './buildable.ts';
import { type ImageFacts, inspectCommand, readImageFacts } from './built-image.ts';
import { importCommand, type LoadOptions, saveCommand } from './plan-load.ts';
import { tagCommands } from './plan-push.ts';
import { notBuilt } from './push-images.ts';
import { type EngineRun, runEngine } from './run-engine.ts';

export interface LoadedImage extends ImageFacts {
  readonly name: string;
  readonly reference: string;
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
  const folder = mkdtempSync(join(engineRun.env['TMPDIR'] ?? archiveFolder, 'vdpactl-load-'));
  try {
    const loaded: LoadedImage[] = [];
    for (const image of images) {
      const { name, local, reference } = image;
      engineRun.progress.step(`Loading ${reference} into ${options.to}`);
      const facts = await runEngine(engineRun, inspectCommand(options.engine, local), notBuilt(image));
      for (const tag of tagCommands(options.engine, image)) await runEngine(engineRun, tag, notBuilt(image));
      const file = join(folder, `${name}.tar`);
      await runEngine(engineRun, saveCommand(options, reference, file), {
        code: 'VDPA-IMAGES-003',
        message: `the image ${name} cannot be saved`,
        next: 'an archive needs as much room as the image: TMPDIR says where it is written',
      });
      await runEngine(engineRun, importCommand(options, file), {
        code: 'VDPA-IMAGES-003',
        message: `the image ${name} cannot be loaded into ${options.to}`,
        next: 'see what it said above; on a node of a cluster this takes root',
      });
      rmSync(file, { force: true });
      loaded.push({ name, reference, ...readImageFacts(options.engine, facts) });
    }
    return loaded;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
