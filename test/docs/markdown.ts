// SPDX-License-Identifier: Apache-2.0
// Reads the project's Markdown as far as the tests of the documentation need it.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packageRoot } from '../../src/files/package-root.ts';

export interface Page {
  /** Below the package, such as `docs/cli.md`. */
  readonly path: string;
  readonly text: string;
}

export interface CodeBlock {
  /** 1 is the first line of the page. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

const skipped = new Set(['node_modules', 'dist', 'dist.new', 'build', 'coverage', 'vdpactl-reports']);

/** Every Markdown page of the project. */
export function pages(): Page[] {
  return markdownFiles(packageRoot()).map((file) => ({
    path: relative(packageRoot(), file),
    text: readFileSync(file, 'utf8'),
  }));
}

export function page(path: string): Page {
  return { path, text: readFileSync(join(packageRoot(), path), 'utf8') };
}

function markdownFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !skipped.has(entry.name) && !entry.name.startsWith('.'))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return markdownFiles(path);
      return entry.name.endsWith('.md') ? [path] : [];
    });
}

const fence = /^ *```(\S*)\n([\s\S]*?)^ *```$/gm;

export function codeBlocks({ text }: Page): CodeBlock[] {
  return [...text.matchAll(fence)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    language: match[1] ?? '',
    text: match[2] ?? '',
  }));
}

/** The page without code blocks and comments: what a reader sees as text. Lines keep their numbers. */
export function proseOf({ text }: Page): string {
  const blank = (part: string) => part.replace(/[^\n]/g, '');
  return text.replace(fence, blank).replace(/<!--[\s\S]*?-->/g, blank);
}

/** What stands between backticks in the text of a page. */
export function inlineCode(of: Page): string[] {
  return [...proseOf(of).matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
}

export function headings(of: Page): { level: number; title: string }[] {
  return [...proseOf(of).matchAll(/^(#{1,6}) +(.+?) *$/gm)].map((match) => ({
    level: match[1]?.length ?? 0,
    title: match[2] ?? '',
  }));
}

/** The anchors of a page, by the rule of GitHub: lower case, no punctuation, spaces as dashes, repeats numbered. */
export function anchors(of: Page): Set<string> {
  const seen = new Map<string, number>();
  return new Set(
    headings(of).map(({ title }) => {
      const slug = title
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
        .replaceAll(' ', '-');
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    }),
  );
}

/** The targets of links and images. */
export function links(of: Page): string[] {
  const text = proseOf(of).replace(/`[^`\n]*`/g, '');
  const inline = [...text.matchAll(/\]\(([^()\s]+)(?: +"[^"]*")?\)/g)];
  const html = [...text.matchAll(/(?:src|srcset|href)="([^"]+)"/g)];
  const references = [...text.matchAll(/^\[[^\]]+\]: +(\S+)/gm)];
  return [...inline, ...html, ...references].map((match) => match[1] ?? '');
}
