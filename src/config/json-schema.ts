// SPDX-License-Identifier: Apache-2.0
import * as z from 'zod';
import { configSchema } from './config-schema.ts';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** Names the schema; nothing is fetched from it. */
export const configSchemaId = 'urn:vdpactl:config:v1';

/** The JSON Schema (draft 2020-12) of what a user may write into the config file. */
export function configJsonSchema(): JsonSchema {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { target: 'draft-2020-12', io: 'input' });
  return {
    ...($schema === undefined ? {} : { $schema }),
    $id: configSchemaId,
    title: 'vdpactl config file',
    description: 'What vdpactl deploys and how it measures. Every key may be left out.',
    ...schema,
    properties: allowEmptySections(schema),
  };
}

/** `local:` with nothing below it, as in a file whose settings are all commented out, is an empty section. */
function allowEmptySections(schema: JsonSchema): NonNullable<JsonSchema['properties']> {
  const properties = Object.entries(schema.properties ?? {}).map(([key, node]): [string, JsonSchema | boolean] => {
    if (typeof node !== 'object' || !isSection(node)) return [key, node];
    // The meta-schema takes a list of types; the typing of the library does not.
    const orEmpty: object = { type: ['object', 'null'] };
    return [key, { ...node, ...orEmpty, properties: allowEmptySections(node) }];
  });
  return Object.fromEntries(properties);
}

/** Whether a node has keys below it rather than a value of its own. */
export function isSection(node: JsonSchema): boolean {
  return node.properties !== undefined;
}

/** The node of a key below `schema`; of an entry, when the path goes into a list; null when there is none. */
export function schemaAt(schema: JsonSchema, path: readonly PropertyKey[]): JsonSchema | null {
  let node: JsonSchema | null = schema;
  for (const step of path) {
    if (node === null) return null;
    const choices: readonly (JsonSchema | boolean)[] = node.anyOf ?? [node];
    let next: JsonSchema | null = null;
    for (const choice of choices) {
      if (typeof choice !== 'object') continue;
      const below: unknown = typeof step === 'number' ? choice.items : ownValue(choice.properties, step);
      if (isNode(below)) next = below;
    }
    node = next;
  }
  return node;
}

/** The dotted names of the keys below `schema`, sections too, in the order of the schema. */
export function schemaKeys(schema: JsonSchema, prefix = ''): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, node]) => [
    `${prefix}${key}`,
    ...(isNode(node) ? schemaKeys(node, `${prefix}${key}.`) : []),
  ]);
}

function ownValue(record: object | undefined, key: PropertyKey): unknown {
  return record !== undefined && Object.hasOwn(record, key) ? Reflect.get(record, key) : undefined;
}

function isNode(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
