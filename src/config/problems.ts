// SPDX-License-Identifier: Apache-2.0
import type * as z from 'zod';
import { schemaVersion } from '../schema-version.ts';
import type { Position } from './decode-text.ts';
import { choicesOf, expectation, yamlWord } from './expectation.ts';
import { isSection, type JsonSchema, schemaAt, schemaKeys } from './json-schema.ts';
import { nearest } from './nearest.ts';
import type { Override } from './overrides.ts';
import type { Path, YamlSource } from './parse-yaml.ts';
import { isRecord, valueAt } from './plain-data.ts';
import { quoted } from './printable.ts';

export interface Problem {
  /** `file:line:column`, or the flag. */
  readonly where: string;
  readonly what: string;
}

/** All that is needed to say where a value came from and what it should have been. */
export interface ProblemContext {
  readonly content: unknown;
  readonly source: YamlSource | null;
  /** The file's name as the user knows it. */
  readonly shown: string;
  readonly overrides: readonly Override[];
  readonly schema: JsonSchema;
}

type Issue = z.core.$ZodIssue;

/**
 * What zod found, in the words of the config file and in the order of its lines; flags come last.
 * Only the first `limit` are put into words: a file may have thousands.
 */
export function describeProblems(
  issues: readonly Issue[],
  context: ProblemContext,
  limit: number,
): { readonly problems: readonly Problem[]; readonly total: number } {
  const found = new Map<string, Finding>();
  for (const issue of issues) {
    for (const finding of findings(issue, context)) {
      // One value can break two rules of zod; to the user it is one problem.
      const name = JSON.stringify([finding.path, issue.code === 'custom']);
      if (!found.has(name)) found.set(name, finding);
    }
  }
  const sorted = [...found.values()].sort((left, right) => byPosition(left.position, right.position));
  const problems = sorted.slice(0, limit).map((finding) => ({
    where: finding.flag ?? place(context.shown, finding.position),
    what: finding.isKey ? unknownKey(finding.path, context) : wrongValue(finding.issue, context),
  }));
  return { problems, total: sorted.length };
}

interface Finding {
  readonly issue: Issue;
  readonly path: Path;
  /** Whether the key is wrong and not its value. */
  readonly isKey: boolean;
  readonly flag: string | null;
  /** null for what is not in the file. */
  readonly position: Position | null;
}

function findings(issue: Issue, { source, overrides }: ProblemContext): readonly Finding[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return { issue, path, isKey: true, flag: null, position: source?.positionOfKey(path) ?? null };
    });
  }
  const { path } = issue;
  const flag = overrideAt(path, overrides)?.flag ?? null;
  return [{ issue, path, isKey: false, flag, position: flag === null ? (source?.positionOf(path) ?? null) : null }];
}

function unknownKey(path: Path, { schema }: ProblemContext): string {
  const section = path.slice(0, -1).join('.');
  const word = String(path.at(-1));
  return `unknown key ${quoted(word)}${section === '' ? '' : ` in ${section}`}; ${advice(word, section, schema)}`;
}

/** Looks in the section first, then whether the key belongs to another one. */
function advice(word: string, section: string, schema: JsonSchema): string {
  const prefix = section === '' ? '' : `${section}.`;
  const all = schemaKeys(schema);
  const here = all.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  const own = here.filter((key) => !key.includes('.'));
  const near = nearest(word, own);
  if (near !== null) return `did you mean ${quoted(near)}?`;
  const like = nearest(word, all.map(lastWord));
  const elsewhere = all.filter((key) => lastWord(key) === like);
  if (like === word) return `it belongs ${elsewhere.map(homeOf).join(' or ')}`;
  if (elsewhere.length > 0) return `did you mean ${elsewhere.map(quotedKey).join(' or ')}?`;
  return `the keys ${section === '' ? 'at the top' : `of ${section}`} are ${own.join(', ')}`;
}

function wrongValue(issue: Issue, context: ProblemContext): string {
  return `${nameOf(issue.path)} ${foundThere(issue.path, context)}${sentence(issue, context)}`;
}

function sentence(issue: Issue, context: ProblemContext): string {
  const { content, schema } = context;
  if (issue.code === 'custom') return `, ${issue.message}${because(issue.params?.['because'], context)}`;
  const value = valueAt(content, issue.path);
  if (issue.path.join('.') === 'apiVersion') return `; this vdpactl understands only ${schemaVersion}`;
  const node = schemaAt(schema, issue.path) ?? {};
  return `; it must be ${expectation(node)}${hint(value, node, issue.path, context)}`;
}

/** The other half of a contradiction, and where it comes from. */
function because(path: unknown, context: ProblemContext): string {
  if (!Array.isArray(path)) return '';
  const override = overrideAt(path, context.overrides);
  const position = context.source?.positionOf(path) ?? null;
  const origin = override?.flag ?? (position === null ? 'by default' : `on line ${position.line}`);
  const value = valueAt(context.content, path) ?? schemaAt(context.schema, path)?.default;
  return `; ${path.join('.')} is ${yamlWord(value)} (${origin})`;
}

/** What YAML makes of a word is not always what one meant. */
function hint(value: unknown, node: JsonSchema, path: Path, { source }: ProblemContext): string {
  const choices = choicesOf(node).filter((choice) => typeof choice === 'string');
  if (typeof value === 'string') {
    if (isSection(node)) return /^\w+ *[:=]/.test(value) ? ' (write "key: value", with a space after the colon)' : '';
    const near = nearest(value, choices);
    if (near !== null) return ` (did you mean ${yamlWord(near)}?)`;
    return takesNumber(node) && /^[-+.\d]/.test(value) && Number.isFinite(Number(value)) ? ' (without quotes)' : '';
  }
  const word = source?.plainTextOf(path) ?? '';
  return choices.includes(word) ? ` (with its quotes: without them, ${word} means no value in YAML)` : '';
}

function takesNumber(node: JsonSchema): boolean {
  return [node, ...(node.anyOf ?? [])].some(
    (choice) => typeof choice === 'object' && (choice.type === 'integer' || choice.type === 'number'),
  );
}

function foundThere(path: Path, { content, source }: ProblemContext): string {
  const value = valueAt(content, path);
  if (typeof value === 'string') return `is ${quoted(value)}`;
  if (Array.isArray(value)) return shortList(value);
  if (isRecord(value)) return 'is a map of keys';
  if (value === null || value === undefined) return source?.plainTextOf(path) ? 'is null' : 'has no value';
  return `is ${source?.plainTextOf(path) ?? String(value)}`;
}

function shortList(list: readonly unknown[]): string {
  const simple = list.length <= 8 && list.every((entry) => typeof entry === 'number');
  if (list.length === 0) return 'is an empty list';
  return simple ? `is [${list.join(', ')}]` : 'is a list';
}

function overrideAt(path: Path, overrides: readonly Override[]): Override | null {
  return overrides.find((override) => override.path.every((step, index) => path[index] === step)) ?? null;
}

/** `local.cpus[1]`; the whole file is "the config". */
function nameOf(path: Path): string {
  if (path.length === 0) return 'the config';
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index ? '.' : ''}${String(step)}`))
    .join('');
}

function homeOf(key: string): string {
  return key.includes('.') ? `in ${key.slice(0, key.lastIndexOf('.'))}` : 'at the top';
}

function quotedKey(key: string): string {
  return quoted(key);
}

function lastWord(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}

function place(shown: string, position: Position | null): string {
  return position === null ? shown : `${shown}:${position.line}:${position.column}`;
}

function byPosition(left: Position | null, right: Position | null): number {
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  return left.line - right.line || left.column - right.column;
}
