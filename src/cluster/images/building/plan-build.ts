// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { type BuildableImage, containerfileOf, tagOf } from './buildable.ts';
import type { EngineCommand, EngineName } from './engine.ts';

/** What an image is made of, and how. */
export interface BuildOptions {
  readonly engine: EngineName;
  /** The package of vdpactl: what the engine is given to build from. */
  readonly root: string;
  /** Of Debian 13; null: as the Containerfile says. */
  readonly base: string | null;
  /** Debian's packages: from this mirror, and as of this time. null: as the base has it. */
  readonly mirror: string | null;
  readonly snapshot: string | null;
  /** The commit; null: not from a checkout. */
  readonly revision: string | null;
  /** The time that everything in the image gets, seconds since 1970. */
  readonly sourceDate: number;
  /** Handed to the engine as they are. */
  readonly engineArgs: readonly string[];
}

/**
 * Only BuildKit reads the list of what it needs not be sent. Without attestations an image is a manifest and no list of
 * them, as from the other engines, and has no time of its build in it.
 */
const dockerEnv = { DOCKER_BUILDKIT: '1', BUILDX_NO_DEFAULT_ATTESTATIONS: '1' };

/** The command that builds an image. Pure: nothing but its options decides what it is. */
export function buildCommand(image: BuildableImage, options: BuildOptions): EngineCommand {
  const { engine, root, sourceDate } = options;
  const file = join(root, containerfileOf(image.name));
  const values: readonly (readonly [name: string, value: string | null])[] = [
    ['BASE', options.base],
    ['MIRROR', options.mirror],
    ['SNAPSHOT', options.snapshot],
    ['VERSION', tagOf(image.local)],
    ['REVISION', options.revision],
    ['SOURCE_DATE_EPOCH', String(sourceDate)],
  ];
  return {
    program: engine,
    ...(engine === 'docker' ? { env: dockerEnv } : {}),
    args: [
      'build',
      ...['--file', file, '--tag', image.local],
      ...values.flatMap(([name, value]) => (value === null ? [] : ['--build-arg', `${name}=${value}`])),
      ...(engine === 'docker'
        ? ['--progress', 'plain']
        : // Docker finds the list of what it needs not be sent beside the Containerfile.
          ['--layers', '--timestamp', String(sourceDate), '--ignorefile', `${file}.dockerignore`]),
      ...options.engineArgs,
      root,
    ],
  };
}
