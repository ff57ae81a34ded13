// SPDX-License-Identifier: Apache-2.0
import type { Evidence } from '../node-report.ts';

/** As much of JSON Schema as zod writes for a report. */
export interface ReportSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, ReportSchema>>;
  readonly items?: ReportSchema;
  readonly anyOf?: readonly ReportSchema[];
}

/** What stands for a missing fact where neither null nor empty would be right, or not safe. */
const stead: Readonly<Record<string, unknown>> = {
  'nics[].class': '020000',
  'nics[].kind': 'other',
  // Nobody said that it is none.
  'nics[].uplink': true,
  'nics[].uplinkReasons': ['cannot be ruled out: missing in the report'],
};

/** Facts without which a NIC is none that anything can be said about. */
const indispensable = ['pciAddress', 'vendor', 'device'];

const missing = 'missing in the report';

/** A part of the schema, prepared for walking through many reports. */
type Shape =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'list'; readonly of: Shape }
  | { readonly kind: 'object'; readonly keys: readonly (readonly [key: string, shape: Shape, empty: () => unknown])[] };

type Complete = (raw: Record<string, unknown>) => Record<string, unknown>;

/**
 * Fills in what a report of another version, or one that was cut down, does not say: null or empty where the schema
 * allows it, and a line of evidence each. What is there with a wrong type stays, for the validation to name.
 */
export function reportCompleter(schema: ReportSchema): Complete {
  const shape = shapeOf(schema, '');
  return (raw) => {
    const evidence: Evidence[] = [];
    const gap = (path: readonly (string | number)[], value = missing) =>
      evidence.push({ claim: pathText(path), source: 'report', value });
    const whole = completed({ ...raw, ...wholeNics(raw, gap) }, shape, [], gap);
    const given: unknown = whole['evidence'];
    return Array.isArray(given) ? { ...whole, evidence: [...given, ...evidence] } : whole;
  };
}

type Gap = (path: readonly (string | number)[], value?: string) => void;

function completed(
  value: Record<string, unknown>,
  shape: Shape,
  path: readonly (string | number)[],
  gap: Gap,
): Record<string, unknown> {
  if (shape.kind !== 'object') return value;
  const whole: Record<string, unknown> = {};
  for (const [key, child, empty] of shape.keys) {
    const found = Object.hasOwn(value, key) ? value[key] : undefined;
    if (found === undefined) gap([...path, key]);
    whole[key] =
      found === undefined ? empty() : child.kind === 'leaf' ? found : within(found, child, [...path, key], gap);
  }
  return whole;
}

function within(value: unknown, shape: Shape, path: readonly (string | number)[], gap: Gap): unknown {
  if (shape.kind === 'list' && Array.isArray(value)) {
    return value.map((entry: unknown, index) => within(entry, shape.of, [...path, index], gap));
  }
  return shape.kind === 'object' && isRecord(value) ? completed(value, shape, path, gap) : value;
}

function wholeNics({ nics }: Record<string, unknown>, gap: Gap): { nics?: unknown[] } {
  if (!Array.isArray(nics)) return {};
  const isWhole = (nic: unknown, index: number) => {
    const gone = isRecord(nic) ? indispensable.filter((key) => !Object.hasOwn(nic, key)) : [];
    if (gone.length > 0) gap(['nics', index], `left out: ${gone.join(', ')} ${missing}`);
    return gone.length === 0;
  };
  return { nics: nics.filter(isWhole) };
}

function pathText(path: readonly (string | number)[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
}

function shapeOf(schema: ReportSchema, path: string): Shape {
  const { properties } = variant(schema, 'object');
  if (properties !== undefined) {
    const keys = Object.entries(properties).map(([key, child]) => {
      const at = path === '' ? key : `${path}.${key}`;
      return [key, shapeOf(child, at), () => emptyFor(child, at)] as const;
    });
    return { kind: 'object', keys };
  }
  const { items } = variant(schema, 'array');
  const of = items === undefined ? null : shapeOf(items, `${path}[]`);
  return of === null || of.kind === 'leaf' ? { kind: 'leaf' } : { kind: 'list', of };
}

function emptyFor(schema: ReportSchema, path: string): unknown {
  const known = stead[path];
  if (known !== undefined) return known;
  if ([schema, ...(schema.anyOf ?? [])].some(({ type }) => [type].flat().includes('null'))) return null;
  switch (schema.type) {
    case 'array':
      return [];
    case 'boolean':
      return false;
    case 'integer':
      return 0;
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([key, child]) => [key, emptyFor(child, `${path}.${key}`)]),
      );
    default:
      return undefined;
  }
}

/** The alternative of the schema that has this type. */
function variant(schema: ReportSchema, type: string): ReportSchema {
  return schema.anyOf?.find((choice) => choice.type === type) ?? schema;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
