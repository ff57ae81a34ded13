// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import { errnoOf, messageOf, VdpaError } from '../../errors/vdpa-error.ts';
import type { NodeReport } from '../node-report.ts';
import { holdsSystem, probeSystem } from '../probe.ts';
import { openTree } from '../root-fs.ts';
import { unpackArchive } from './unpack-archive.ts';

/** 1,000 reports of nodes with 20 NICs each are 10 MiB. */
const maxBytes = 256 * 1024 * 1024;

/**
 * The reports in a file: one of a probe that was saved (`detect --save`), replayed in memory; those of a sysdump; or those of
 * a JSON document, `detect -o json` of one node or a list of them under `nodes`. Touches neither network nor the machine it runs on.
 * @throws VdpaError VDPA-BUNDLE-001 for a file that cannot be read, -002 for a damaged or hostile capture, -003 for JSON
 * that holds no report.
 */
export async function loadReports(file: string, shown = file): Promise<NodeReport[]> {
  const bytes = await readBytes(file, shown);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return fromArchive(bytes, shown);
  if (
    !/^\s*[[{]/.test(
      bytes
        .subarray(0, 4096)
        .toString('utf8')
        .replace(/^\ufeff/, ''),
    )
  ) {
    throw unreadable(shown, 'it is neither a gzipped tar nor JSON');
  }
  const { parseReports } = await import('./report-document.ts');
  return parseReports(bytes.toString('utf8').replace(/^\ufeff/, ''), shown);
}

async function fromArchive(bytes: Uint8Array, shown: string): Promise<NodeReport[]> {
  const { sysdumpReports } = await import('./sysdump-reports.ts');
  const document = await sysdumpReports(bytes, shown);
  if (document === null) return [await replay(bytes, shown)];
  const { parseReports } = await import('./report-document.ts');
  return parseReports(document, shown);
}

/**
 * The report of a captured machine, by the same probe that reads a running one.
 * @throws VdpaError VDPA-BUNDLE-001 or -002
 */
export async function replay(packed: Uint8Array, shown: string): Promise<NodeReport> {
  const fs = openTree(await unpackArchive(packed, shown), shown);
  if (!holdsSystem(fs)) throw unreadable(shown, 'there is neither sys nor proc in it');
  return probeSystem(fs);
}

async function readBytes(file: string, shown: string): Promise<Buffer> {
  try {
    const handle = await open(file, 'r');
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw unreadable(shown, 'it is no ordinary file');
      if (stats.size > maxBytes) throw unreadable(shown, `it is larger than ${maxBytes / 1024 / 1024} MiB`);
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof VdpaError) throw error;
    const errno = errnoOf(error);
    const words = { ENOENT: 'the file does not exist', EACCES: 'the permission to read it is missing' };
    throw unreadable(shown, errno === 'ENOENT' || errno === 'EACCES' ? words[errno] : messageOf(error), error);
  }
}

function unreadable(where: string, why: string, cause?: unknown): VdpaError {
  return new VdpaError('VDPA-BUNDLE-001', `this is no saved probe that can be read: ${why}`, {
    where,
    next: 'name a file that vdpactl detect --save or vdpactl detect -o json made',
    cause,
  });
}
