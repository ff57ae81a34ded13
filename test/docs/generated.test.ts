// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedPages } from '../../scripts/docs/pages.ts';
import { packageRoot } from '../../src/files/package-root.ts';
import { page } from './markdown.ts';

describe('pages made from the code', () => {
  it.each([...generatedPages()])('%s is up to date; otherwise: npm run docs', (path, text) => {
    expect(page(path).text).toBe(text);
  });

  it('names every environment variable that the command line reads', () => {
    const documented = page('docs/cli.md').text;
    const read = new Set(
      sources('src').flatMap((text) => [...text.matchAll(/env\['(\w+)'\]/g)].map(([, name]) => name)),
    );
    const missing = [...read].filter((name) => name !== 'HOME' && !documented.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });
});

function sources(folder: string): string[] {
  const root = join(packageRoot(), folder);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(root, name), 'utf8'));
}
