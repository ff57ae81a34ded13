// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildableImage } from './buildable.ts';
import type { EngineName } from './engine.ts';
import { pushCommand, pushedDigest, tagCommands } from './plan-push.ts';
import { type EngineRun, runEngine } from './run-engine.ts';

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
  const folder = mkdtempSync(join(tmpdir(), 'vdpactl-push-'));
  const digestFile = join(folder, 'digest');
  try {
    const planned = images.map((image) => ({
      image,
      push: pushCommand(engine, image, digestFile, engineArgs),
    }));
    const pushed: PushedImage[] = [];
    for (const { image, push } of planned) {
      engineRun.progress.step(`Pushing ${image.reference}`);
      for (const tag of tagCommands(engine, image)) await runEngine(engineRun, tag, notBuilt(image));
      const printed = await runEngine(engineRun, push, {
        code: 'VDPA-IMAGES-003',
        message: `the image ${image.name} cannot be pushed`,
        next: `see what the registry said above; log in with: ${engine} login`,
      });
      const digest = pushedDigest(engine === 'docker' ? printed : readFileSync(digestFile, 'utf8'));
      pushed.push({ name: image.name, reference: image.reference, digest });
    }
    return pushed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Said when an engine has no such image. */
export function notBuilt({ name, local }: BuildableImage) {
  return {
    code: 'VDPA-IMAGES-003',
    message: `there is no image ${local}`,
    next: `build it first: vdpactl images build ${name}`,
  } as const;
}
