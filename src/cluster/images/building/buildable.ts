// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../../config/config-schema.ts';
import { VdpaError } from '../../../errors/vdpa-error.ts';
import { imageReference } from '../../../templates/kubernetes/images.ts';

/** The images that are made here. The others of a stack come from their own projects. */
export const buildableNames = ['node', 'l3fwd'] as const;
export type BuildableName = (typeof buildableNames)[number];

/** An image of ours, by its two names. */
export interface BuildableImage {
  readonly name: BuildableName;
  /** As it is built: what the config calls it, or that with another tag. */
  readonly local: string;
  /** As nodes pull it, which is the same where no registry of one's own is configured. */
  readonly reference: string;
  /** That it was asked for by, in place of the one in the config; null: it was not. */
  readonly tag: string | null;
}

type Images = Config['kubernetes']['images'];

/** Throws VDPA-IMAGES-002 for a name by which nothing can be built. */
export function buildableImage(images: Images, name: BuildableName, tag: string | null): BuildableImage {
  const local = withTag(images[name], tag);
  if (local.includes('@')) {
    throw new VdpaError('VDPA-IMAGES-002', 'the image goes by a digest, which a new one cannot have', {
      where: `kubernetes.images.${name}`,
      next: 'say which tag the new image gets: --tag VERSION',
    });
  }
  return { name, local, reference: imageReference({ ...images, [name]: local }, name), tag };
}

/** The same image with another tag, in place of a digest too. */
function withTag(reference: string, tag: string | null): string {
  if (tag === null) return reference;
  return `${reference.replace(/@.*$/, '').replace(/:[\w][\w.-]*$/, '')}:${tag}`;
}

/** Where an image is described in the package, relative to it. */
export function containerfileOf(name: BuildableName): string {
  return `dataplane/images/${name}/Containerfile`;
}

/** The tag, which says which version an image is. */
export function tagOf(local: string): string {
  return /:([\w][\w.-]*)$/.exec(local)?.[1] ?? 'unknown';
}

/** Throws VDPA-IMAGES-002 where this vdpactl came without what the images are made of, as in the node image. */
export function requireSources(root: string, names: readonly BuildableName[]): void {
  const files = [...names.map(containerfileOf), 'dist/cli.js', 'dist/bundled-packages.tsv'];
  const missing = files.find((file) => !existsSync(join(root, file)));
  if (missing === undefined) return;
  throw new VdpaError('VDPA-IMAGES-002', 'the package of vdpactl is not whole, and images are made of it', {
    where: join(root, missing),
    next: missing.startsWith('dist/')
      ? 'in a checkout: npm ci && npm run build'
      : 'build images with the npm package of vdpactl, or in a checkout',
  });
}
