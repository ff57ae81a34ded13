// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { VdpaError } from '../../../errors/vdpa-error.ts';
import type { EngineCommand, EngineName } from './engine.ts';

/** What an engine knows of an image that it has. */
export interface ImageFacts {
  /** Of its configuration, `sha256:…`: the same wherever the image is. */
  readonly id: string;
  /** Of its manifest, as the engine keeps it; null: the engine makes one only when it pushes. */
  readonly digest: string | null;
  /** Unpacked, with the base. */
  readonly sizeBytes: number;
}

export function inspectCommand(engine: EngineName, reference: string): EngineCommand {
  const args = engine === 'buildah' ? ['inspect', '--type', 'image', reference] : ['image', 'inspect', reference];
  return { program: engine, args };
}

const inspectedSchema = z
  .array(
    z.object({
      Id: z.string(),
      Digest: z.string().optional(),
      RepoDigests: z.array(z.string()).nullish(),
      Size: z.number(),
    }),
  )
  .min(1);

const buildahSchema = z.object({ FromImageID: z.string(), FromImageDigest: z.string(), Manifest: z.string() });
const manifestSchema = z.object({ layers: z.array(z.object({ size: z.number() })) });

/** Reads what `inspectCommand` printed. Throws VDPA-IMAGES-002 for what no engine prints. */
export function readImageFacts(engine: EngineName, printed: string): ImageFacts {
  try {
    const document: unknown = JSON.parse(printed);
    if (engine === 'buildah') {
      const image = buildahSchema.parse(document);
      const { layers } = manifestSchema.parse(JSON.parse(image.Manifest));
      // Buildah tells no size, but keeps layers as they are unpacked.
      const sizeBytes = layers.reduce((sum, { size }) => sum + size, 0);
      return { id: withAlgorithm(image.FromImageID), digest: image.FromImageDigest, sizeBytes };
    }
    const [image] = inspectedSchema.parse(document);
    if (image === undefined) throw new Error('no image');
    const digest = image.Digest ?? image.RepoDigests?.[0]?.split('@')[1] ?? null;
    return { id: withAlgorithm(image.Id), digest, sizeBytes: image.Size };
  } catch (error) {
    throw new VdpaError('VDPA-IMAGES-002', `${engine} does not say what it built in a way that vdpactl understands`, {
      next: 'try another engine with --engine, and report the version of this one',
      details: printed.split('\n').slice(0, 5),
      cause: error,
    });
  }
}

function withAlgorithm(id: string): string {
  return id.includes(':') ? id : `sha256:${id}`;
}
