// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Header } from 'tar-stream';
import { messageOf, VdpaError } from '../../errors/vdpa-error.ts';
import type { FileTree } from '../tree/file-tree.ts';
import { createMemoryTree, type MemoryEntry, type MemoryTree } from '../tree/memory-tree.ts';

export interface ArchiveLimits {
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  readonly entries: number;
}

/** Far above what the captures of the largest machines need. */
export const archiveLimits: ArchiveLimits = {
  packedBytes: 64 * 1024 * 1024,
  unpackedBytes: 128 * 1024 * 1024,
  entries: 200_000,
};

/**
 * Builds the files of a gzipped tar in memory; nothing is ever written to a disk. The archive of a folder that holds the
 * system (`captured-node/sys`) serves as well as one of the system itself.
 * @throws VdpaError VDPA-BUNDLE-001 for what is no such archive or is cut off, VDPA-BUNDLE-002 for one made to hurt.
 */
export async function unpackArchive(packed: Uint8Array, where: string, limits = archiveLimits): Promise<FileTree> {
  if (packed.length > limits.packedBytes) throw unreadable(where, `it is larger than ${mib(limits.packedBytes)}`);
  const { extract } = await import('./tar.ts');
  const tree = createMemoryTree();
  const archive = extract();
  let entries = 0;
  let refused: VdpaError | null = null;
  archive.on('entry', (header, stream, next) => {
    const chunks: Uint8Array[] = [];
    stream.on('data', (chunk) => {
      if (chunk instanceof Uint8Array) chunks.push(chunk);
    });
    stream.on('error', () => {});
    stream.on('end', () => {
      entries += 1;
      refused = entries > limits.entries ? hostile(where, `it has more than ${limits.entries} entries`) : null;
      refused ??= add(tree, header, Buffer.concat(chunks), where);
      next(refused);
    });
    stream.resume();
  });

  let unpacked = 0;
  async function* counted(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      unpacked += chunk.length;
      if (unpacked > limits.unpackedBytes) throw hostile(where, `it unpacks to more than ${mib(limits.unpackedBytes)}`);
      yield chunk;
    }
  }
  try {
    await pipeline(Readable.from([packed]), createGunzip(), counted, archive);
  } catch (error) {
    throw refused ?? (error instanceof VdpaError ? error : unreadable(where, messageOf(error), error));
  }
  return tree.below(systemFolder(tree));
}

/** Puts one entry into the tree; what is wrong with it, or null. */
function add(tree: MemoryTree, header: Header, bytes: Uint8Array, where: string): VdpaError | null {
  // pax attributes can leave these out or make other things of them.
  const { type, linkname }: { type: unknown; linkname: unknown } = header;
  const name = String(header.name);
  const path = name.replace(/^(?:\.\/+)+/, '').replace(/\/+$/, '');
  const shown = JSON.stringify(name.slice(0, 200));
  if (path === '' || path === '.') return type === 'directory' ? null : hostile(where, `an entry is called ${shown}`);
  if (path.startsWith('/')) return hostile(where, `${shown} is an absolute path`);
  if (path.split('/').includes('..')) return hostile(where, `${shown} leads out of the archive`);
  const entry = entryOf(tree, String(type), header.mode, String(linkname ?? ''), bytes);
  const clean = path.replace(/\/(?:\.?\/)+/g, '/');
  switch (tree.put(clean, entry)) {
    case 'put':
      return null;
    case 'taken':
      return hostile(where, `${shown} is there twice`);
    case 'blocked':
      return hostile(where, `${shown} is below something that is no folder`);
    case 'unnameable':
      return hostile(where, `${shown} is no name for a file, or too deep`);
  }
}

/** Devices, FIFOs and whatever else there is are noted to be there; nothing of them can be read. */
function entryOf(tree: MemoryTree, type: string, mode: number, target: string, bytes: Uint8Array): MemoryEntry {
  if (type === 'directory') return { kind: 'directory' };
  if (type === 'symlink') return { kind: 'link', target: target.slice(0, 4096) };
  if (type === 'file' || type === 'contiguous-file') {
    return { kind: 'file', bytes: (mode & 0o444) === 0 ? null : bytes };
  }
  if (type !== 'link') return { kind: 'other' };
  // The same file under another name, which has to have come before.
  const first = tree.read(target.replace(/^(?:\.\/+)+/, ''), Number.MAX_SAFE_INTEGER);
  return first === null ? { kind: 'other' } : { kind: 'file', bytes: first.bytes };
}

/** Where in the archive the system is: at its top, or in the one folder that it has. */
function systemFolder(tree: FileTree): string {
  const isSystem = (path: string) =>
    ['sys', 'proc'].some((name) => tree.kind(path === '' ? name : `${path}/${name}`) !== null);
  const [only, ...others] = tree.list('') ?? [];
  return !isSystem('') && only !== undefined && others.length === 0 && isSystem(only) ? only : '';
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}

function unreadable(where: string, why: string, cause?: unknown): VdpaError {
  return new VdpaError('VDPA-BUNDLE-001', `this is no saved probe that can be read: ${why}`, {
    where,
    next: 'make it again on the machine: vdpactl detect --save FILE.tgz; a tar of its sys and proc has to be gzipped',
    cause,
  });
}

function hostile(where: string, why: string): VdpaError {
  return new VdpaError('VDPA-BUNDLE-002', `the saved probe holds what no probe saves: ${why}`, {
    where,
    next: 'make it again on the machine: vdpactl detect --save FILE.tgz',
  });
}
