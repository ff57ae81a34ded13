// SPDX-License-Identifier: Apache-2.0
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildableImage } from './buildable.ts';
import { inspectCommand } from './built-image.ts';
import type { EngineName } from './engine.ts';
import { nextAfterPush } from './next-step.ts';
import { notBuilt } from './not-built.ts';
import { pushCommand, pushedDigest, tagCommands } from './plan-push.ts';
import { type EngineRun, type OnFailure, runEngine } from './run-engine.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface PushedImage {
  readonly name: string;
  readonly reference: string;
  /** Of the manifest in the registry: what to pin in the config. */
  readonly digest: string | null;
}

/** Pushes images that were built, under the names by which nodes ask for them. Throws VDPA-IMAGES-003. */
export async function pushImages(
  engine: EngineName,
  images: readonly BuildableImage[],
  engineArgs: readonly string[],
  engineRun: EngineRun,
): Promise<PushedImage[]> {
  const folder = temporaryFolder(engineRun.env, tmpdir(), 'name a folder that can be written to: TMPDIR=/path');
  const digestFile = join(folder, 'digest');
  try {
    const planned = images.map((image) => ({
      image,
      push: pushCommand(engine, image, digestFile, engineArgs),
    }));
    // Either all of them are there, or none is pushed.
    for (const image of images) {
      await runEngine(engineRun, inspectCommand(engine, image.local), notBuilt(engine, image));
    }
    const pushed: PushedImage[] = [];
    for (const { image, push } of planned) {
      const { name, reference } = image;
      engineRun.progress.step(`Pushing ${reference}`);
      const onFailure: OnFailure = {
        code: 'VDPA-IMAGES-003',
        message: `the image ${name} cannot be pushed`,
        where: reference,
        next: (said) => nextAfterPush(said, engine, reference),
      };
      for (const tag of tagCommands(engine, image)) await runEngine(engineRun, tag, onFailure);
      const printed = await runEngine(engineRun, push, onFailure);
      const digest = pushedDigest(engine === 'docker' ? printed : readFileSync(digestFile, 'utf8'));
      pushed.push({ name, reference, digest });
    }
    return pushed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
