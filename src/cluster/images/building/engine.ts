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
  /** Beside the environment that vdpactl itself has. */
  readonly env?: Readonly<Record<string, string>>;
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

/** Throws VDPA-IMAGES-001 where what docker said is that it got no answer: it does nothing without its daemon. */
export function requireDaemon({ program }: EngineCommand, said: string): void {
  if (program !== 'docker') return;
  const isForbidden = /permission denied while trying to connect/i.test(said);
  if (!isForbidden && !/cannot connect to the docker daemon|failed to connect to the docker API/i.test(said)) return;
  throw new VdpaError('VDPA-IMAGES-001', 'docker is installed, but its daemon does not answer', {
    next: isForbidden
      ? 'run this as root or as a member of the group docker, or name another engine: --engine podman'
      : 'start it (systemctl start docker), see where DOCKER_HOST points to, or name another engine: --engine podman',
    details: [said.trim().split('\n').at(-1) ?? ''],
  });
}

/** A program that images are handed to. Throws VDPA-IMAGES-001. */
export function requireProgram(name: string, hint: string, env: NodeJS.ProcessEnv): void {
  if (findProgram(name, env) !== null) return;
  throw new VdpaError('VDPA-IMAGES-001', `${name} is not installed, or not in PATH`, { next: hint });
}
