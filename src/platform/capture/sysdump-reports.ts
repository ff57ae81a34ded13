// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { VdpaError } from '../../errors/vdpa-error.ts';

/** The first file of a sysdump, by which it is told from a captured machine; and the one that has the reports. */
export const manifestFile = 'sysdump.json';
export const reportsFile = 'reports.json';

const largestReports = 256 * 1024 * 1024;
/** What a sysdump unpacks to is passed over, not kept; but not without end. */
const largestSysdump = 4 * 1024 * 1024 * 1024;

/**
 * The text of the reports in a sysdump; null for an archive that is none. Nothing else of it is kept in memory.
 * @throws VdpaError VDPA-BUNDLE-003 for a sysdump without reports.
 */
export async function sysdumpReports(packed: Uint8Array, where: string): Promise<string | null> {
  const { extract } = await import('./tar.ts');
  const archive = extract();
  const gunzip = createGunzip();
  gunzip.on('error', (error) => archive.destroy(error));
  Readable.from([packed]).pipe(gunzip).pipe(archive);
  let isFirst = true;
  let passed = 0;
  try {
    for await (const entry of archive) {
      const { name, size = 0 } = entry.header;
      if (isFirst && name !== manifestFile) return null;
      isFirst = false;
      passed += size;
      if (passed > largestSysdump) break;
      if (name !== reportsFile || size > largestReports) {
        entry.resume();
        continue;
      }
      const chunks: Buffer[] = [];
      for await (const chunk of entry) if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString('utf8');
    }
  } catch (error) {
    // What is no archive is for others to say; one that is cut off before its reports has none.
    if (isFirst) return null;
    throw withoutReports(where, error);
  } finally {
    gunzip.destroy();
    archive.destroy();
  }
  if (isFirst) return null;
  throw withoutReports(where);
}

function withoutReports(where: string, cause?: unknown): VdpaError {
  return new VdpaError('VDPA-BUNDLE-003', 'this sysdump holds no report of a node', {
    where,
    next: 'see index.json in it for why, or make it again without --quick: vdpactl sysdump',
    cause,
  });
}
