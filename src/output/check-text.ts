// SPDX-License-Identifier: Apache-2.0
import type { CheckRow } from '../check/check.ts';

const marks = { pass: '√', warn: '‼', fail: '×', skip: '-' } as const;
/** As wide as most ids. */
const minIdWidth = 16;
/** A reason that so many checks were skipped for is said once, at the end. */
const manySkips = 3;

/**
 * The checks by category; what is not right says what was found, what is needed and what to do. Of several nodes each row
 * says which, and what passes on all of them takes one line.
 */
export function checkText(rows: readonly CheckRow[]): string {
  const reasons = sharedReasons(rows);
  const nodes = [...new Set(rows.flatMap(({ node }) => node ?? []))];
  const nodeWidth =
    nodes.length < 2 ? 0 : Math.max(...nodes.map((node) => node.length), `${nodes.length} nodes`.length);
  const shown = merged(
    rows.filter((row) => row.level !== 'skip' || !reasons.has(row.found)),
    nodes.length,
  );
  const lines: string[] = [];
  const idWidth = Math.max(minIdWidth, ...shown.map(({ id }) => id.length));
  let category = '';
  for (const row of shown) {
    if (row.category !== category) lines.push(...(category === '' ? [] : ['']), row.category);
    category = row.category;
    const node = nodeWidth === 0 || row.node === null ? '' : ` ${row.node.padEnd(nodeWidth)}`;
    lines.push(`  ${marks[row.level]} ${row.id.padEnd(idWidth)}${node} ${row.title}: ${row.found}`);
    if (row.level !== 'warn' && row.level !== 'fail') continue;
    lines.push(
      ...(row.where === null || row.found.includes(row.where) ? [] : [`      where:  ${row.where}`]),
      `      needed: ${row.needed}`,
      `      to do:  ${row.hint}`,
      `      see:    ${row.doc}`,
    );
  }
  if (reasons.size > 0) lines.push(...(lines.length === 0 ? [] : ['']), ...reasonLines(rows, reasons, idWidth));
  const count = (level: CheckRow['level']) => rows.filter((row) => row.level === level).length;
  lines.push(
    ...(rows.length === 0 ? [] : ['']),
    `${count('pass')} passed, ${count('warn')} warned, ${count('fail')} failed, ${count('skip')} not applicable`,
  );
  return `${lines.join('\n')}\n`;
}

/** Of several nodes: all rows of one check that pass or are skipped become one. */
function merged(rows: readonly CheckRow[], nodes: number): readonly CheckRow[] {
  if (nodes < 2) return rows;
  const done = new Set<string>();
  return rows.flatMap((row) => {
    if (row.node === null || row.level === 'warn' || row.level === 'fail') return [row];
    const key = `${row.id} ${row.level}`;
    if (done.has(key)) return [];
    done.add(key);
    const same = rows.filter(({ id, level }) => id === row.id && level === row.level);
    const of = new Set(same.map(({ node }) => node)).size;
    if (of < 2) return [row];
    const found = same.every((other) => other.found === row.found) ? row.found : `${row.found}, and so on`;
    return [{ ...row, node: `${of} nodes`, found }];
  });
}

function sharedReasons(rows: readonly CheckRow[]): ReadonlySet<string> {
  const counts = new Map<string, Set<string>>();
  for (const { id, level, found } of rows) {
    if (level === 'skip') counts.set(found, (counts.get(found) ?? new Set()).add(id));
  }
  return new Set([...counts].filter(([, ids]) => ids.size >= manySkips).map(([reason]) => reason));
}

function reasonLines(rows: readonly CheckRow[], reasons: ReadonlySet<string>, idWidth: number): string[] {
  return [...reasons].map((reason) => {
    const ids = new Set(rows.filter(({ level, found }) => level === 'skip' && found === reason).map(({ id }) => id));
    return `  ${marks.skip} ${`${ids.size} checks`.padEnd(idWidth)} ${reason}`;
  });
}
