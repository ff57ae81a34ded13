// SPDX-License-Identifier: Apache-2.0
import type { Sysdump } from '../../cluster/sysdump/take-sysdump.ts';
import { printable, textTable } from '../text-table.ts';

/** Gaps shown of one part; index.json in the archive has them all. */
const shownGaps = 5;

/** What is in an archive, and what is missing. */
export function sysdumpText(file: string, { bytes, files, parts }: Sysdump): string {
  const rows = parts.map(({ part, outcome, files: count, why }) => [
    part,
    outcome,
    String(count),
    printable(why ?? ''),
  ]);
  const gaps = parts.flatMap(({ part, gaps: missing }) => {
    const more = missing.length - shownGaps;
    return [
      ...missing.slice(0, shownGaps).map(({ what, outcome, why }) => `${part}: ${what}: ${outcome}: ${why}`),
      ...(more > 0 ? [`${part}: and ${more} more; index.json has them all`] : []),
    ];
  });
  const lines = [
    ...textTable([['PART', 'OUTCOME', 'FILES', ''], ...rows]),
    ...(gaps.length === 0 ? [] : ['', ...gaps.map(printable)]),
    '',
    `saved to ${file}: ${files} files, ${sizeText(bytes)}; begin with index.html`,
  ];
  return `${lines.join('\n')}\n`;
}

function sizeText(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
