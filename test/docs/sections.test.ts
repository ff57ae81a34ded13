// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { checks } from '../../src/check/checks.ts';
import { noFacts } from '../../src/check/facts.ts';
import { runChecks } from '../../src/check/run-checks.ts';
import { errorCodes } from '../../src/errors/error-codes.ts';
import { anchors, headings, page } from './markdown.ts';

const idPattern = /^VDPA-[A-Z]+-\d{3}$/;

/** The ids that have a section, in the order of the page. */
function sectionIds(path: string): string[] {
  return headings(page(path))
    .map(({ title }) => title)
    .filter((title) => idPattern.test(title));
}

/** The text below the heading `id`, up to the next heading. */
function section(path: string, id: string): string {
  return (
    page(path)
      .text.split(new RegExp(`^#+ ${id}$`, 'm'))[1]
      ?.split(/^#+ /m)[0] ?? ''
  );
}

describe('docs/checks.md', () => {
  it('has one section a check, in the order of the table, and no other', () => {
    expect(sectionIds('docs/checks.md')).toEqual(checks.map(({ id }) => id));
  });

  it.each(checks.map(({ id, title }) => [id, title]))('%s begins with its title', (id, title) => {
    expect(section('docs/checks.md', id).trimStart().startsWith(`**${title}**`)).toBe(true);
  });

  it('is where the rows of vdpactl check point to', () => {
    const known = anchors(page('docs/checks.md'));
    for (const { doc } of runChecks(noFacts)) {
      const [path, anchor = ''] = doc.split('#');
      expect(path).toBe('docs/checks.md');
      expect(known).toContain(anchor);
    }
  });
});

describe('docs/troubleshooting.md', () => {
  it('has one section an error code, in the order of the table, and no other', () => {
    expect(sectionIds('docs/troubleshooting.md')).toEqual(Object.keys(errorCodes));
  });

  it.each(Object.entries(errorCodes))('%s says its title, its exit code and what to do', (id, { title, exit }) => {
    const text = section('docs/troubleshooting.md', id);
    expect(text).toContain(`**${title}**`);
    expect(text).toContain(`exit ${exit}`);
    expect(text).toMatch(/^To do: /m);
  });

  it.each(Object.keys(errorCodes))('%s shows no message of another code', (id) => {
    const shown = [...section('docs/troubleshooting.md', id).matchAll(/^error (VDPA-[A-Z]+-\d{3}): /gm)];
    for (const [, code] of shown) expect(code).toBe(id);
  });
});
