// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/files/package-root.ts';
import { anchors, links, type Page, page, pages } from './markdown.ts';

describe('links between pages', () => {
  it.each(pages().map((each) => [each.path, each] as const))('%s points only to what is there', (_path, of) => {
    expect(links(of).flatMap((target) => problemOf(of, target))).toEqual([]);
  });

  it('reaches every page of docs from the README', () => {
    const reached = new Set<string>();
    const visit = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const target of links(page(path))) {
        const [file = ''] = target.split('#');
        if (isInternal(target) && file.endsWith('.md')) visit(normalize(join(dirname(path), file)));
      }
    };
    visit('README.md');
    const all = pages().map(({ path }) => path);
    expect(all.filter((path) => path.startsWith('docs/') && !reached.has(path))).toEqual([]);
  });
});

function isInternal(target: string): boolean {
  return !/^[a-z]+:/i.test(target);
}

function problemOf(of: Page, target: string): string[] {
  if (!isInternal(target)) return [];
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? of.path : normalize(join(dirname(of.path), file));
  if (!existsSync(join(packageRoot(), path))) return [`${target}: there is no ${path}`];
  if (anchor === undefined) return [];
  return anchors(page(path)).has(anchor) ? [] : [`${target}: ${path} has no heading for #${anchor}`];
}
