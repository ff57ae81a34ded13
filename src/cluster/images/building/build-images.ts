// SPDX-License-Identifier: Apache-2.0

import { buildStep } from './build-progress.ts';
import type { BuildableImage } from './buildable.ts';
import { type ImageFacts, inspectCommand, readImageFacts } from './built-image.ts';
import { nextAfterBuild } from './next-step.ts';
import { type BuildOptions, buildCommand } from './plan-build.ts';
import { type EngineRun, runEngine } from './run-engine.ts';

export interface BuiltImage extends ImageFacts {
  readonly name: string;
  readonly reference: string;
  readonly seconds: number;
}

/** Builds one image after the other: they share their first stage. Throws VDPA-IMAGES-002. */
export async function buildImages(
  images: readonly BuildableImage[],
  options: BuildOptions,
  engineRun: EngineRun,
): Promise<BuiltImage[]> {
  const built: BuiltImage[] = [];
  for (const image of images) {
    engineRun.progress.step(`Building ${image.local} with ${options.engine}`);
    const began = performance.now();
    const onFailure = {
      code: 'VDPA-IMAGES-002',
      message: `the image ${image.name} cannot be built`,
      where: image.local,
      next: nextAfterBuild,
    } as const;
    await runEngine(engineRun, buildCommand(image, options), onFailure, (line) => {
      const step = buildStep(line);
      if (step !== null) engineRun.progress.update(step);
    });
    const printed = await runEngine(engineRun, inspectCommand(options.engine, image.local), onFailure);
    const seconds = Math.round(performance.now() - began) / 1000;
    const facts = readImageFacts(options.engine, printed);
    built.push({ name: image.name, reference: image.local, ...facts, seconds });
  }
  return built;
}
