// SPDX-License-Identifier: Apache-2.0
import type { BuildableImage } from './buildable.ts';
import type { EngineName } from './engine.ts';
import type { OnFailure } from './run-engine.ts';

/** Said when an engine does not have an image. Each has its own, but for podman and buildah. */
export function notBuilt(engine: EngineName, { name, local, tag }: BuildableImage): OnFailure {
  const tagged = tag === null ? '' : ` --tag ${tag}`;
  return {
    code: 'VDPA-IMAGES-003',
    message: `${engine} does not have the image`,
    where: local,
    next: `build it first: vdpactl images build ${name}${tagged} --engine ${engine}`,
  };
}
