// SPDX-License-Identifier: Apache-2.0
import type { EngineCommand, EngineName } from './engine.ts';

/** Where images can be put without a registry. */
export const loadTargets = ['containerd', 'kind', 'k3d', 'podman'] as const;
export type LoadTarget = (typeof loadTargets)[number];

export interface LoadOptions {
  readonly engine: EngineName;
  readonly to: LoadTarget;
  /** containerd's namespace. Kubernetes looks into one only. */
  readonly namespace: string;
  /** Of kind or k3d; null: the one that they take by themselves. */
  readonly cluster: string | null;
}

/**
 * Writes an image into a file. containerd gets it in OCI's format and not compressed, so that its digest stays what the
 * engine says; the others look for names only where Docker's format has them.
 */
export function saveCommand({ engine, to }: LoadOptions, reference: string, file: string): EngineCommand {
  const format = to === 'containerd' ? 'oci-archive' : 'docker-archive';
  switch (engine) {
    case 'docker':
      return { program: engine, args: ['save', '--output', file, reference] };
    case 'buildah':
      return {
        program: engine,
        args: ['push', '--quiet', '--disable-compression', reference, `${format}:${file}:${reference}`],
      };
    case 'podman':
      return {
        program: engine,
        args: [
          ...['save', '--quiet', '--format', format, ...(to === 'containerd' ? ['--uncompressed'] : [])],
          ...['--output', file, reference],
        ],
      };
  }
}

/** Takes an image out of a file to where it is used. */
export function importCommand({ to, namespace, cluster }: LoadOptions, file: string): EngineCommand {
  switch (to) {
    case 'containerd':
      return { program: 'ctr', args: ['--namespace', namespace, 'images', 'import', file] };
    case 'kind':
      return { program: 'kind', args: ['load', 'image-archive', file, ...named('--name', cluster)] };
    case 'k3d':
      // Its other mode waits without end for a node that does not run.
      return { program: 'k3d', args: ['image', 'import', file, ...named('--cluster', cluster)] };
    case 'podman':
      return { program: 'podman', args: ['load', '--quiet', '--input', file] };
  }
}

/** How k3d tells that a node did not take an image, while it ends with 0. */
export const k3dError = /^ERRO\b|level=error/m;

/** Says under which digest an image came into containerd; null: the others do not say. */
export function importedCommand({ to, namespace }: LoadOptions, reference: string): EngineCommand | null {
  return to === 'containerd'
    ? { program: 'ctr', args: ['--namespace', namespace, 'images', 'list', `name==${reference}`] }
    : null;
}

/** Reads what `importedCommand` printed; null: the image is not there. */
export function importedDigest(text: string): string | null {
  return /\ssha256:[0-9a-f]{64}\s/.exec(text)?.[0].trim() ?? null;
}

function named(option: string, name: string | null): string[] {
  return name === null ? [] : [option, name];
}
