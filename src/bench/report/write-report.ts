// SPDX-License-Identifier: Apache-2.0
import { rmdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { messageOf, VdpaError } from '../../errors/vdpa-error.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { diskError, writeFileAtomic } from '../../files/write-atomic.ts';
import type { BenchReport } from './bench-report.ts';
import { reportHtml } from './report-html.ts';

export interface ReportFolder {
  readonly path: string;
  /** Removes the folder again, if it was made for this run and nothing came of it. */
  discard(): void;
}

/** Makes the folder for a report before anything is measured: a result that cannot be kept is not worth waiting for. */
export function makeReportFolder(cwd: string, wanted: string | null, now: Date): ReportFolder {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const path = resolve(cwd, wanted ?? join('vdpactl-reports', time));
  try {
    const firstMade = makeFolder(path);
    return { path, discard: () => (firstMade === null ? undefined : removeEmpty(path, firstMade)) };
  } catch (error) {
    const known = diskError(error, path);
    if (known instanceof VdpaError) throw known;
    throw new VdpaError('VDPA-REPORT-001', `the folder for the report cannot be made: ${messageOf(error)}`, {
      where: path,
      next: 'choose another folder with --report',
      cause: error,
    });
  }
}

/** Removes empty folders from `path` up to `last`. */
function removeEmpty(path: string, last: string): void {
  try {
    for (let at = path; at.length >= last.length; at = dirname(at)) rmdirSync(at);
  } catch {
    // something was put there meanwhile: it stays
  }
}

export function writeReport(folder: string, report: BenchReport): { json: string; html: string } {
  const files = { json: join(folder, 'report.json'), html: join(folder, 'report.html') };
  writeFileAtomic(files.json, `${JSON.stringify(report, null, 2)}\n`);
  writeFileAtomic(files.html, reportHtml(report));
  return files;
}
