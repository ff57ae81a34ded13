// SPDX-License-Identifier: Apache-2.0
import { CST, Lexer } from 'yaml';
import type { YamlFault } from './yaml-words.ts';

/** What a config never needs, and what makes a YAML parser slow or ends the process when there is enough of it. */
export const yamlLimits = {
  /** Values, keys, brackets, commas and so on. */
  tokens: 20_000,
  /** Brackets within brackets, and `-`, `?` or `:` on one line. */
  depth: 32,
  /** Columns. */
  indentation: 200,
  /** Anchors, and aliases. */
  aliases: 100,
} as const;

export type YamlLimits = { readonly [Name in keyof typeof yamlLimits]: number };

/**
 * Looks for excess before anything is parsed: nesting drives the parser into the end of the stack, where V8 may abort the
 * whole process, and some inputs take it quadratic time. The lexer takes linear time and can be stopped.
 */
export function findExcess(text: string, limits: YamlLimits = yamlLimits): YamlFault | null {
  let offset = 0;
  let tokens = 0;
  let aliases = 0;
  let brackets = 0;
  let indicators = 0;
  let isContent = false;
  let before: CST.TokenType | null = 'newline';
  for (const token of new Lexer().lex(text)) {
    const type: CST.TokenType | null = isContent ? null : CST.tokenType(token);
    isContent = type === 'scalar';
    if (type === 'doc-mode' || type === 'scalar' || type === 'flow-error-end') continue;
    if (type === 'space') {
      if (before === 'newline' && token.length > limits.indentation) {
        return { message: `this line is indented by more than ${limits.indentation} columns`, offset };
      }
    } else if (type !== 'newline' && type !== 'comment') {
      tokens += 1;
      if (tokens > limits.tokens) return { message: 'there is far more here than a config file can say', offset };
    }
    if (type === 'alias' || type === 'anchor') aliases += 1;
    if (aliases > limits.aliases) return { message: `more than ${limits.aliases} anchors and aliases`, offset };
    if (type === 'flow-map-start' || type === 'flow-seq-start') brackets += 1;
    else if (type === 'flow-map-end' || type === 'flow-seq-end') brackets -= 1;
    if (type === 'seq-item-ind' || type === 'explicit-key-ind' || type === 'map-value-ind') indicators += 1;
    else if (type === 'newline' || type === 'comma') indicators = 0;
    if (Math.max(brackets, indicators) > limits.depth) {
      return { message: `this is nested more than ${limits.depth} deep`, offset };
    }
    before = type;
    offset += token.length;
  }
  return null;
}
