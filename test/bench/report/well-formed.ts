// SPDX-License-Identifier: Apache-2.0

/**
 * Checks that a document is well-formed XML (after its DOCTYPE): every element closed in order, attributes quoted and
 * unique, no stray `<` or `&`, ids unique. Answers what is wrong, or null. Enough of a parser for documents that hold
 * neither comments nor CDATA sections.
 */
export function faultOf(document: string): string | null {
  const body = document.replace(/^<!DOCTYPE html>\n/, '');
  const open: string[] = [];
  const ids = new Set<string>();
  let at = 0;
  let roots = 0;
  while (at < body.length) {
    const next = body.indexOf('<', at);
    const text = body.slice(at, next === -1 ? body.length : next);
    if (/&(?!(?:amp|lt|gt|quot|#39);)/.test(text)) return `a bare & in ${JSON.stringify(text.slice(0, 80))}`;
    if (open.length === 0 && text.trim() !== '')
      return `text outside of the root: ${JSON.stringify(text.slice(0, 80))}`;
    if (next === -1) break;
    const tag = /^<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?: [a-zA-Z][a-zA-Z0-9-]*="[^"<]*")*)(\/?)>/.exec(
      body.slice(next, next + 20_000),
    );
    if (tag === null) return `not a tag: ${JSON.stringify(body.slice(next, next + 80))}`;
    const [whole, closing, name = '', attributes = '', selfClosing] = tag;
    if (closing === '/') {
      const expected = open.pop();
      if (expected !== name) return `</${name}> where </${expected}> was due`;
    } else {
      if (open.length === 0) roots += 1;
      const names = [...attributes.matchAll(/ ([a-zA-Z][a-zA-Z0-9-]*)="([^"]*)"/g)];
      if (new Set(names.map((each) => each[1])).size !== names.length) return `an attribute twice in ${whole}`;
      if (/&(?!(?:amp|lt|gt|quot|#39);)/.test(attributes)) return `a bare & in ${whole}`;
      const id = names.find((each) => each[1] === 'id')?.[2];
      if (id !== undefined && ids.has(id)) return `the id ${id} twice`;
      if (id !== undefined) ids.add(id);
      if (selfClosing !== '/') open.push(name);
    }
    at = next + whole.length;
  }
  if (open.length > 0) return `not closed: ${open.join(' ')}`;
  return roots === 1 ? null : `${roots} roots`;
}

/** The text of a document as a reader sees it, white space folded. */
export function textOf(document: string): string {
  return document
    .replace(/<style>[^<]*<\/style>/g, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ');
}
