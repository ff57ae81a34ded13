// SPDX-License-Identifier: Apache-2.0
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { RecordedEntry } from './record-tree.ts';

/** The same stamp on every file, so that two captures of the same state are the same bytes. */
const stamp = new Date('2000-01-01T00:00:00Z');

/** A gzipped tar of the entries, in the order given. A file that was not read is empty and readable by nobody. */
export async function packArchive(entries: readonly RecordedEntry[]): Promise<Uint8Array> {
  const { pack } = await import('./tar.ts');
  const archive = pack();
  const chunks: Uint8Array[] = [];
  archive.on('data', (chunk) => {
    if (chunk instanceof Uint8Array) chunks.push(chunk);
  });
  const done = new Promise<void>((resolve, reject) => {
    archive.on('end', resolve);
    archive.on('error', reject);
  });
  for (const { path, entry } of entries) {
    const header = { name: path, mtime: stamp, uid: 0, gid: 0 };
    if (entry.kind === 'directory') archive.entry({ ...header, type: 'directory', mode: 0o755 });
    else if (entry.kind === 'link') archive.entry({ ...header, type: 'symlink', mode: 0o777, linkname: entry.target });
    else {
      const bytes = entry.kind === 'file' ? entry.bytes : null;
      archive.entry({ ...header, type: 'file', mode: bytes === null ? 0o200 : 0o444 }, Buffer.from(bytes ?? ''));
    }
  }
  archive.finalize();
  await done;
  return promisify(gzip)(Buffer.concat(chunks), { level: 9 });
}
