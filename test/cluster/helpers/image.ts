// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../../../src/process/run.ts';

export interface ImageOptions {
  /** Full name: `registry.invalid/sandbox:1`. */
  readonly name: string;
  /** What it runs. */
  readonly entrypoint: readonly string[];
  readonly environment?: readonly string[];
}

/** Writes an image of one layer, which holds what is in the folder `root`, as an OCI archive that `ctr` imports. */
export async function writeImage(archive: string, root: string, options: ImageOptions): Promise<void> {
  const layout = mkdtempSync(join(dirname(archive), 'image-'));
  try {
    const blobs = join(layout, 'blobs', 'sha256');
    mkdirSync(blobs, { recursive: true });
    const layer = join(layout, 'layer');
    await tar(layer, root);
    const digest = await digestOf(layer);
    const layerSize = statSync(layer).size;
    renameSync(layer, join(blobs, digest));
    const blob = (mediaType: string, content: unknown) => {
      const text = JSON.stringify(content);
      const hash = createHash('sha256').update(text).digest('hex');
      writeFileSync(join(blobs, hash), text);
      return { mediaType, digest: `sha256:${hash}`, size: Buffer.byteLength(text) };
    };
    const config = blob('application/vnd.oci.image.config.v1+json', {
      architecture: { x64: 'amd64', arm64: 'arm64' }[process.arch as string] ?? process.arch,
      os: 'linux',
      config: {
        Entrypoint: options.entrypoint,
        Env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', ...(options.environment ?? [])],
      },
      rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
    });
    const manifest = blob('application/vnd.oci.image.manifest.v1+json', {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config,
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: `sha256:${digest}`, size: layerSize }],
    });
    writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    const annotations = { 'io.containerd.image.name': options.name, 'org.opencontainers.image.ref.name': options.name };
    writeFileSync(
      join(layout, 'index.json'),
      JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
    );
    await tar(archive, layout);
  } finally {
    rmSync(layout, { recursive: true, force: true });
  }
}

/** Copies programs, and the shared libraries that they need, to the same paths below `root`. */
export async function copyPrograms(root: string, programs: readonly string[]): Promise<void> {
  for (const program of programs) {
    const { stdout } = await run('ldd', [program]);
    const libraries = [...stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map((match) => match[1] ?? '');
    for (const file of [program, ...libraries]) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      copyFileSync(file, join(root, file));
    }
  }
}

async function tar(archive: string, folder: string): Promise<void> {
  const result = await run('tar', ['--owner=0', '--group=0', '--numeric-owner', '-C', folder, '-cf', archive, '.']);
  if (result.exitCode !== 0) throw new Error(`tar: ${result.all}${result.failure ?? ''}`);
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}
