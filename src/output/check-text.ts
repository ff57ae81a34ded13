// SPDX-License-Identifier: Apache-2.0
import type { CheckRow } from '../check/check.ts';

const marks = { pass: '√', warn: '‼', fail: '×', skip: '-' } as const;

/** The checks by category; what is not right says what was found, what is needed and what to do. */
export function checkText(rows: readonly CheckRow[]): string {
  const lines: string[] = [];
  let category = '';
  for (const row of rows) {
    if (row.category !== category) lines.push(...(category === '' ? [] : ['']), row.category);
    category = row.category;
    lines.push(`  ${marks[row.level]} ${row.id.padEnd(16)} ${row.title}: ${row.found}`);
    if (row.level !== 'warn' && row.level !== 'fail') continue;
    lines.push(`      needed: ${row.needed}`, `      to do:  ${row.hint}`, `      see:    ${row.doc}`);
  }
  const count = (level: CheckRow['level']) => rows.filter((row) => row.level === level).length;
  lines.push(
    ...(rows.length === 0 ? [] : ['']),
    `${count('pass')} passed, ${count('warn')} warned, ${count('fail')} failed, ${count('skip')} not applicable`,
  );
  return `${lines.join('\n')}\n`;
}
