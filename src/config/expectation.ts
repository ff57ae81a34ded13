// SPDX-License-Identifier: Apache-2.0
import { isSection, type JsonSchema } from './json-schema.ts';
import { quoted } from './printable.ts';

/** What a setting has to be, as the end of a sentence that begins with "must be". */
export function expectation(node: JsonSchema): string {
  if (isSection(node)) return 'a map of keys';
  const choices = choicesOf(node);
  if (choices.length > 0)
    return choices.length === 1 ? yamlWord(choices[0]) : `one of ${choices.map(yamlWord).join(', ')}`;
  if (node.anyOf !== undefined) return alternatives(node.anyOf);
  if (node.title !== undefined) return node.title;
  switch (node.type) {
    case 'integer':
      return `a whole number${bounds(node)}`;
    case 'number':
      return `a number${bounds(node)}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'text';
    case 'array':
      return `a list of ${(node.minItems ?? 0) > 0 ? 'one or more ' : ''}${entries(node)}`;
    case 'null':
      return 'null';
    default:
      return 'something else';
  }
}

/** The values that a setting chooses from; none when it is free. */
export function choicesOf(node: JsonSchema): readonly unknown[] {
  return node.const !== undefined ? [node.const] : (node.enum ?? []);
}

/** A value as one writes it in YAML: words that YAML would take for something else go in quotes. */
export function yamlWord(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const plain = /^[a-z][\w./-]*$/i.test(value) && !/^(null|true|false|yes|no|on|off|y|n)$/i.test(value);
  return plain ? value : quoted(value, Number.POSITIVE_INFINITY);
}

function alternatives(nodes: readonly (JsonSchema | boolean)[]): string {
  const phrases = nodes.filter((node) => typeof node === 'object').map(expectation);
  return phrases.join(', or ');
}

function entries(node: JsonSchema): string {
  const { items } = node;
  if (typeof items !== 'object' || Array.isArray(items)) return 'entries';
  return expectation(items).replace(/^an? (whole number|number)/, '$1s');
}

function bounds({ minimum, maximum }: JsonSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? '' : ` of at most ${maximum}`;
}
