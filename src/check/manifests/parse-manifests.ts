// SPDX-License-Identifier: Apache-2.0
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { isRecord } from '../../config/plain-data.ts';
import { printable } from '../../config/printable.ts';
import { findExcess } from '../../config/yaml-limits.ts';
import { messageOf } from '../../errors/vdpa-error.ts';
import { manifestLimits } from './manifest-limits.ts';
import type { EmbeddedJson, ManifestObject, ManifestProblem, ParsedManifests } from './parsed-manifests.ts';
import type { ManifestFile } from './read-manifests.ts';

type Path = readonly PropertyKey[];

/** Parses manifests: several documents a file, lists taken apart. What cannot be parsed becomes a problem. Pure. */
export function parseManifests(files: readonly ManifestFile[]): ParsedManifests {
  const objects: ManifestObject[] = [];
  const problems: ManifestProblem[] = [];
  for (const { name, text } of files) {
    const excess = findExcess(text, manifestLimits);
    if (excess !== null) {
      problems.push({ where: `${name}:${lineOf(text, excess.offset)}`, message: excess.message });
      continue;
    }
    const lines = new LineCounter();
    const documents = parseAllDocuments(text, {
      lineCounter: lines,
      schema: 'core',
      resolveKnownTags: false,
      stringKeys: true,
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'error',
    });
    for (const document of Array.isArray(documents) ? documents : []) {
      const [fault] = document.errors;
      if (fault !== undefined) {
        problems.push({ where: `${name}:${lines.linePos(fault.pos[0]).line}`, message: oneLine(fault.message) });
      } else addObjects(document, name, lines, objects, problems);
    }
  }
  return { objects, problems };
}

function addObjects(
  document: Document,
  file: string,
  lines: LineCounter,
  objects: ManifestObject[],
  problems: ManifestProblem[],
): void {
  const start = `${file}:${document.contents?.range ? lines.linePos(document.contents.range[0]).line : 1}`;
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    problems.push({ where: start, message: oneLine(messageOf(error)) });
    return;
  }
  // An empty document is what a trailing `---` leaves.
  if (content === null || content === undefined) return;
  const add = (value: unknown, prefix: Path) => {
    if (!isRecord(value)) {
      problems.push({ where: start, message: 'this is no object: it has no apiVersion and no kind' });
    } else if (typeof value['kind'] === 'string' && /List$/.test(value['kind']) && Array.isArray(value['items'])) {
      for (const [index, item] of value['items'].entries()) add(item, [...prefix, 'items', index]);
    } else objects.push(objectOf(value, prefix, { document, file, lines }));
  };
  add(content, []);
}

interface Source {
  readonly document: Document;
  readonly file: string;
  readonly lines: LineCounter;
}

function objectOf(value: Readonly<Record<string, unknown>>, prefix: Path, source: Source): ManifestObject {
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {};
  const text = (candidate: unknown) => (typeof candidate === 'string' ? candidate : null);
  const at = (line: number) => `${source.file}:${line}`;
  const placeOf = (path: Path) => nearestNode(source.document, [...prefix, ...path]);
  const whereInText = (path: Path, line: number) => {
    const { node, line: own } = position(placeOf(path), source.lines);
    const isBlock = isScalar(node) && node.type === 'BLOCK_LITERAL';
    return at(isBlock ? own + 1 + line : own);
  };
  return {
    file: source.file,
    apiVersion: text(value['apiVersion']),
    kind: text(value['kind']),
    namespace: text(metadata['namespace']),
    name: text(metadata['name']) ?? text(metadata['generateName']),
    value,
    where: (path) => at(position(placeOf(path), source.lines).line),
    whereInText,
    json: (path) => embeddedJson(value, path, (line) => whereInText(path, line)),
  };
}

/** JSON that stands as text at a path, with its own lines. */
function embeddedJson(
  object: Readonly<Record<string, unknown>>,
  path: Path,
  whereLine: (line: number) => string,
): EmbeddedJson | null {
  let text: unknown = object;
  for (const step of path) text = isRecord(text) && Object.hasOwn(text, step) ? text[String(step)] : undefined;
  if (typeof text !== 'string') return null;
  try {
    const value: unknown = JSON.parse(text);
    let places: { readonly document: Document; readonly lines: LineCounter } | null = null;
    return {
      value,
      problem: null,
      where(inner) {
        places ??= placesIn(text);
        return whereLine(position(nearestNode(places.document, inner), places.lines).line - 1);
      },
    };
  } catch (error) {
    const offset = /\bposition (\d+)/.exec(messageOf(error))?.[1];
    const line = offset === undefined ? 0 : lineOf(text, Number(offset)) - 1;
    return { value: null, problem: oneLine(messageOf(error)), where: () => whereLine(line) };
  }
}

/** JSON is YAML, and the YAML parser remembers where everything stands. */
function placesIn(text: string): { readonly document: Document; readonly lines: LineCounter } {
  const lines = new LineCounter();
  const [document] = parseAllDocuments(findExcess(text, manifestLimits) === null ? text : 'null', {
    lineCounter: lines,
    schema: 'core',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  if (document === undefined || 'empty' in document) throw new Error('JSON that is no YAML');
  return { document, lines };
}

/** The node at a path, or the nearest one above it. A value's key stands for it, as that is where one looks. */
function nearestNode(document: Document, path: Path): Node | null {
  let node: unknown = document.contents;
  let place: Node | null = document.contents;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined || !isScalar(pair.key)) return place;
      node = pair.value;
      place = isScalar(node) ? node : pair.key;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      if (!isMap(node) && !isSeq(node) && !isScalar(node)) return place;
      place = node;
    } else return place;
  }
  return place;
}

function position(node: Node | null, lines: LineCounter): { readonly node: Node | null; readonly line: number } {
  return { node, line: node?.range ? lines.linePos(node.range[0]).line : 1 };
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function oneLine(message: string): string {
  return printable(message.split('\n', 1)[0] ?? '').slice(0, 200);
}
