#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// How many huge pages are missing, from the document of `vdpactl check --only VDPA-HUGE-001 -o json` on standard input.
// Prints `PAGES FILE`: what to add to which pool; `0` when enough are free.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The pages to add and the pool's file; null when enough are free. Throws where no file can be written to. */
export function missingPages(document) {
  const row = document.checks?.find((candidate) => candidate.id === 'VDPA-HUGE-001');
  if (row === undefined) throw new Error(document.error?.message ?? 'the check of huge pages is missing');
  if (row.level === 'pass') return null;
  const { missingPages: pages, file } = row.data ?? {};
  if (!Number.isSafeInteger(pages) || typeof file !== 'string') throw new Error(`${row.found}: ${row.hint}`);
  return { pages, file };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const missing = missingPages(JSON.parse(readFileSync(0, 'utf8')));
    console.log(missing === null ? '0' : `${missing.pages} ${missing.file}`);
  } catch (error) {
    console.error(`huge pages: ${error.message}`);
    process.exitCode = 5;
  }
}
