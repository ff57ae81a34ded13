// SPDX-License-Identifier: Apache-2.0

/** HTML or SVG that is escaped already. The only way to make one is `el`, `join` and `style`. */
export interface Markup {
  readonly markup: string;
}

export type Child = Markup | string | number;
export type Attributes = Readonly<Record<string, string | number | null>>;

const voidElements: ReadonlySet<string> = new Set(['br', 'col', 'meta']);

/**
 * An element. Children that are text are escaped, and so are attribute values; an attribute that is null is left
 * out, and a number is rounded to two decimals.
 * Element and attribute names come from the program only. Void elements are closed (`<br/>`), so that the document is
 * well-formed XML too.
 */
export function el(name: string, attributes: Attributes, ...children: readonly Child[]): Markup {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? px(value) : escapeText(String(value))}"`)
    .join('');
  if (voidElements.has(name)) return { markup: `<${name}${written}/>` };
  return { markup: `<${name}${written}>${join(...children).markup}</${name}>` };
}

export function join(...children: readonly Child[]): Markup {
  return {
    markup: children.map((child) => (typeof child === 'object' ? child.markup : escapeText(String(child)))).join(''),
  };
}

/** A style sheet of the program's own: not escaped. It must not hold a `<`. */
export function style(css: string): Markup {
  if (css.includes('<')) throw new RangeError('a style sheet with < in it cannot be embedded');
  return { markup: `<style>${css}</style>` };
}

/** At most two decimals: more of a coordinate only makes the file longer. */
function px(value: number): number {
  return Math.round(value * 100) / 100;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Text that cannot end the element or attribute that it stands in. Characters that are not printable are replaced: they
 * are not allowed in XML, and those that turn the direction of writing can make a report read as something else.
 */
function escapeText(text: string): string {
  return text.replace(/[^\P{C}\n\t]/gu, '\ufffd').replace(/[&<>"']/g, (character) => escapes[character] ?? character);
}
