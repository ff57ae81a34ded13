// SPDX-License-Identifier: Apache-2.0
import { type Document, isCollection, isScalar, visit } from 'yaml';
import { printable } from './printable.ts';

/** What is wrong with a YAML text and at which offset. */
export interface YamlFault {
  readonly message: string;
  readonly offset: number;
}

interface LibraryFault {
  readonly code: string;
  readonly message: string;
  readonly pos: readonly [number, number];
}

const wordsOfCode: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab indents this line; YAML takes only spaces there',
  MULTIPLE_DOCS: 'a second document begins here; a config file holds one',
  NON_STRING_KEY: 'a key has to be a word',
  RESOURCE_EXHAUSTION: 'this is nested too deep',
  MULTILINE_IMPLICIT_KEY: 'this is not of the form "key: value"; is a colon missing?',
  BLOCK_AS_IMPLICIT_KEY: 'a second colon in one value; put the value in quotes, or correct how the lines are indented',
};

/** The library's messages are for those who know the grammar of YAML; these are for those who write a config. */
const wordsOfMessage: readonly (readonly [RegExp, string])[] = [
  [/^Implicit map keys need to be followed by.*/, 'this is not of the form "key: value"; is a colon missing?'],
  [/^All (mapping|sequence) items must start.*/, 'this line is not indented like those it belongs to'],
  [/^Comments must be separated.*/, 'a comment needs a space before its #'],
  [/^Plain value cannot start with (.*)/, 'text that begins with the $1 needs quotes'],
  [/^Unresolved tag: (.*)/, 'the tag $1 means nothing here; leave it out'],
  [/^Unexpected flow-(map|seq)-end.*/s, 'a bracket closes here that was not opened'],
  [/^Unexpected \S+ at node end/, 'this does not fit behind what stands before it; check quotes and indentation'],
  [/^Unexpected \S+ token.*/s, 'this does not belong here'],
];

/** A fault that the library found, in plain words, and pointing at what was opened rather than at where its end is missed. */
export function inPlainWords(fault: LibraryFault, document: Document): YamlFault {
  const { code, message, pos } = fault;
  const unclosed = /closing (["'])quote|end with a ([\]}])/.exec(message);
  const opener = unclosed === null ? null : openerBefore(document, pos[0]);
  if (opener !== null) {
    const what = unclosed?.[2] === undefined ? 'quote' : unclosed[2] === ']' ? '[' : '{';
    return { message: `the ${what} that opens here is not closed`, offset: opener };
  }
  return { message: wordsOfCode[code] ?? wordsFor(message), offset: pos[0] };
}

function wordsFor(message: string): string {
  for (const [pattern, words] of wordsOfMessage) {
    if (pattern.test(message)) return printable(message.replace(pattern, words));
  }
  return printable(message.charAt(0).toLowerCase() + message.slice(1, 200));
}

/** Where the innermost quote or bracket begins that is still open at an offset. */
function openerBefore(document: Document, offset: number): number | null {
  let opener: number | null = null;
  visit(document, {
    Node(_, node) {
      const canOpen = isScalar(node) ? node.type?.startsWith('QUOTE') : isCollection(node) && node.flow;
      if (!canOpen || !node.range) return;
      const [start, , end] = node.range;
      if (start <= offset && offset <= end && start >= (opener ?? 0)) opener = start;
    },
  });
  return opener;
}
