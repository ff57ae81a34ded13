// SPDX-License-Identifier: Apache-2.0
import { VdpaError } from '../../../errors/vdpa-error.ts';
import { findProgram } from '../../../platform/dpdk.ts';

/** Programs that build images and bring them to registries, in the order in which they are looked for. */
export const engineNames = ['podman', 'buildah', 'docker'] as const;
export type EngineName = (typeof engineNames)[number];

/** A program that is run, as its name and arguments. */
export interface EngineCommand {
  readonly program: string;
  readonly args: readonly string[];
}

/** The first engine that is installed, or the one that is wanted. Throws VDPA-IMAGES-001. */
export function findEngine(wanted: EngineName | null, env: NodeJS.ProcessEnv): EngineName {
  const found = (wanted === null ? engineNames : [wanted]).find((name) => findProgram(name, env) !== null);
  if (found !== undefined) return found;
  const missing = wanted ?? 'podman, buildah or docker';
  throw new VdpaError('VDPA-IMAGES-001', `${missing} is not installed, or not in PATH`, {
    next: `install it: apt-get install ${wanted === null || wanted === 'docker' ? 'podman' : wanted}, or another of podman, buildah and docker`,
  });
}

/** A program that images are handed to. Throws VDPA-IMAGES-001. */
export function requireProgram(name: string, hint: string, env: NodeJS.ProcessEnv): void {
  if (findProgram(name, env) !== null) return;
  throw new VdpaError('VDPA-IMAGES-001', `${name} is not installed, or not in PATH`, { next: hint });
}
