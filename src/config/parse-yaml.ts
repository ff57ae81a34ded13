// SPDX-License-Identifier: Apache-2.0
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import { VdpaError } from '../errors/vdpa-error.ts';
import { decodeText, type Position, positionIn, TextFault } from './decode-text.ts';
import { printable, quoted } from './printable.ts';
import { findExcess, yamlLimits } from './yaml-limits.ts';
import { inPlainWords, type YamlFault } from './yaml-words.ts';

export type Path = readonly PropertyKey[];

/** A parsed config file that still knows where in the file everything stands. */
export interface YamlSource {
  /** The content as plain data; null when there is none. */
  readonly value: unknown;
  /** Where the value stands, or its key when the value is empty; null when the file does not hold it. */
  positionOf(path: Path): Position | null;
  positionOfKey(path: Path): Position | null;
  /** The value as it is written in the file, when it is a single word or number without quotes. */
  plainTextOf(path: Path): string | null;
}

interface Place {
  readonly key: Node | null;
  readonly node: Node | null;
}

class SyntaxFault extends Error {
  readonly offset: number;

  constructor(fault: YamlFault) {
    super(fault.message);
    this.offset = fault.offset;
  }
}

/** Parses one YAML 1.2 document. Throws VDPA-CONFIG-002 with the place of the first fault; `shown` is the file's name. */
export function parseYaml(bytes: Buffer, shown: string): YamlSource {
  let text = '';
  try {
    text = decodeText(bytes);
    const lines = new LineCounter();
    const document = parseStrictly(text, lines);
    return sourceOf(document, plainData(document), lines);
  } catch (error) {
    if (error instanceof TextFault) throw yamlError(shown, error.position, error.message, []);
    if (!(error instanceof SyntaxFault)) throw error;
    const position = positionIn(text, error.offset);
    throw yamlError(shown, position, error.message, excerpt(text, position));
  }
}

function parseStrictly(text: string, lineCounter: LineCounter): Document {
  const excess = findExcess(text);
  if (excess !== null) throw new SyntaxFault(excess);
  const document = parseDocument(text, {
    lineCounter,
    schema: 'core',
    resolveKnownTags: false,
    stringKeys: true,
    // The library looks for duplicates by comparing each key with each other one.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
  });
  const [first] = [...document.errors, ...document.warnings].sort((left, right) => left.pos[0] - right.pos[0]);
  if (first !== undefined) throw new SyntaxFault(inPlainWords(first, document));
  rejectDuplicateKeys(document, text);
  return document;
}

function rejectDuplicateKeys(document: Document, text: string): void {
  visit(document, {
    Map(_, map) {
      const seen = new Map<unknown, number>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const offset = key.range?.[0] ?? 0;
        const earlier = seen.get(key.value);
        if (earlier !== undefined) {
          const { line } = positionIn(text, earlier);
          throw new SyntaxFault({
            message: `the key ${quoted(String(key.value))} stands already on line ${line}`,
            offset,
          });
        }
        seen.set(key.value, offset);
      }
    },
  });
}

function plainData(document: Document): unknown {
  let firstAlias = 0;
  visit(document, {
    Alias(_, alias) {
      const offset = alias.range?.[0] ?? 0;
      if (alias.resolve(document) === undefined) {
        throw new SyntaxFault({ message: `the alias *${printable(alias.source)} has no anchor before it`, offset });
      }
      firstAlias ||= offset;
    },
  });
  try {
    return document.toJS({ maxAliasCount: yamlLimits.aliases });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw new SyntaxFault({ message: 'the aliases make far more of this than a config says', offset: firstAlias });
  }
}

function sourceOf(document: Document, value: unknown, lines: LineCounter): YamlSource {
  const resolve = (node: unknown): Node | null => {
    const target = isAlias(node) ? node.resolve(document) : node;
    return isScalar(target) || isMap(target) || isSeq(target) ? target : null;
  };
  // Looking through a map for each of its thousand wrong keys would take quadratic time.
  const keysOf = new Map<unknown, Map<unknown, Pair>>();
  const pairOf = (map: YAMLMap, key: PropertyKey): Pair | undefined => {
    const pairs =
      keysOf.get(map) ?? new Map(map.items.map((pair) => [isScalar(pair.key) ? pair.key.value : null, pair]));
    keysOf.set(map, pairs);
    return pairs.get(key);
  };
  const find = (path: Path): Place | null => {
    let place: Place = { key: null, node: resolve(document.contents) };
    for (const step of path) {
      if (isMap(place.node)) {
        const pair = pairOf(place.node, step);
        if (pair === undefined || !isScalar(pair.key)) return null;
        place = { key: pair.key, node: resolve(pair.value) };
      } else if (isSeq(place.node) && typeof step === 'number' && step < place.node.items.length) {
        place = { key: null, node: resolve(place.node.items[step]) };
      } else return null;
    }
    return place;
  };
  const positionOfNode = (node: Node | null | undefined): Position | null =>
    node?.range ? positionAt(node.range[0], lines) : null;
  const isEmpty = (node: Node | null): boolean => !node?.range || node.range[0] === node.range[1];
  return {
    value,
    positionOf(path) {
      const place = find(path);
      if (place === null) return null;
      return positionOfNode(isEmpty(place.node) ? (place.key ?? place.node) : place.node);
    },
    positionOfKey: (path) => positionOfNode(find(path)?.key),
    plainTextOf(path) {
      const node = find(path)?.node;
      return isScalar(node) && node.type === 'PLAIN' ? (node.source ?? null) : null;
    },
  };
}

function positionAt(offset: number, lines: LineCounter): Position {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

function yamlError(shown: string, { line, column }: Position, message: string, details: readonly string[]): VdpaError {
  return new VdpaError('VDPA-CONFIG-002', `the config file is not valid YAML: ${message}`, {
    where: `${shown}:${line}:${column}`,
    next: 'correct this and run the same command again; vdpactl init --stdout shows a valid file',
    details,
  });
}

/** The line with a caret below the place, as compilers show it. */
function excerpt(text: string, { line, column }: Position): readonly string[] {
  const content = (text.split('\n', line)[line - 1] ?? '').replace(/\r$/, '');
  const start = Math.max(0, column - 60);
  const shown = printable(content.slice(start, start + 100).replaceAll('\t', '→'));
  const caret = printable(content.slice(start, column - 1).replaceAll('\t', '→')).length;
  if (shown.trim() === '') return [];
  const number = String(line);
  return [`${number} | ${shown}`, `${' '.repeat(number.length)} | ${' '.repeat(caret)}^`];
}
