// SPDX-License-Identifier: Apache-2.0
// The messages shown in the documentation are ones that the code can still print.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/files/package-root.ts';
import { codeBlocks, page } from './markdown.ts';

/** Words that a message has to have in common with the code: less would match anything. */
const minFixedLetters = 9;

/** These say what somebody else said: the parser of the command line, Node.js. */
const foreign = /^error VDPA-(USAGE|BUG)-001: /;

const texts = ['src', 'dataplane'].flatMap(literalsBelow);

const shown = codeBlocks(page('docs/troubleshooting.md'))
  .filter(({ language }) => language === 'text')
  .flatMap(({ text }) => text.split('\n'))
  .filter((line) => /^(error VDPA-|next: )/.test(line) && !foreign.test(line));

it('finds messages to look at', () => {
  expect(shown.length).toBeGreaterThan(50);
});

it.each(shown)('%s', (line) => {
  const message = line.replace(/^(error VDPA-[A-Z]+-\d{3}|next): /, '');
  expect(texts.some((text) => text.test(message))).toBe(true);
});

/** Every text in the sources as a pattern: anything may stand where a value goes in, and a place before it. */
function literalsBelow(folder: string): RegExp[] {
  const root = join(packageRoot(), folder);
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return names.flatMap((name) => literalsOf(readFileSync(join(root, name), 'utf8')));
}

function literalsOf(source: string): RegExp[] {
  const literals = source.matchAll(/'((?:[^'\\\n]|\\.)+)'|`((?:[^`\\]|\\.)+)`/g);
  return [...literals].flatMap(([, plain, template]) => {
    const parts = (plain ?? template ?? '').split(/\$\{[^}]*\}/);
    if (parts.join('').replace(/[^a-z]/gi, '').length < minFixedLetters) return [];
    return [new RegExp(`^(?:.+: )?${parts.map(escaped).join('.*')}$`)];
  });
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
