// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { configSchema } from '../../src/config/config-schema.ts';
import { configJsonSchema, configSchemaId, schemaAt, schemaKeys } from '../../src/config/json-schema.ts';

const schema = configJsonSchema();

describe('the JSON Schema of the config', () => {
  it('says what it is', () => {
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: configSchemaId,
      title: 'vdpactl config file',
      type: 'object',
      additionalProperties: false,
    });
    expect(Object.keys(schema).slice(0, 4)).toEqual(['$schema', '$id', 'title', 'description']);
  });

  it('requires nothing, and has a description and a default for every key', () => {
    for (const key of schemaKeys(schema)) {
      const node = schemaAt(schema, key.split('.'));
      expect(node?.description, key).toMatch(/\S.*\.$/);
      expect(node, key).toHaveProperty('default');
    }
    expect(JSON.stringify(schema)).not.toContain('"required"');
  });

  it('has the defaults of the config', () => {
    const config = configSchema.parse({});
    expect(schemaAt(schema, ['local', 'queueSize'])?.default).toBe(config.local.queueSize);
    expect(schemaAt(schema, ['bench', 'trials'])?.default).toBe(config.bench.trials);
  });

  it('accepts and refuses what vdpactl does, short of the rules between keys', () => {
    const fromJson = z.fromJSONSchema(schema);
    const value = fc.oneof(
      fc.constantFrom('auto', 'local', 'memif', 'null', 'l3fwd', 'vdpactl/v1', 'eth0', 'a/b', '..', 256, null, [2], []),
      fc.integer({ min: -2, max: 2000 }),
      fc.double(),
      fc.boolean(),
    );
    const section = (name: string) =>
      fc.dictionary(fc.constantFrom(...schemaKeys(schemaAt(schema, [name]) ?? {}), 'other'), value, { maxKeys: 3 });
    const config = fc.record(
      {
        apiVersion: value,
        provider: value,
        backend: value,
        local: section('local'),
        bench: section('bench'),
        other: value,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(config, (input) => {
        const { error } = configSchema.safeParse(input);
        const refused = error?.issues.some(({ code }) => code !== 'custom') ?? false;
        expect(fromJson.safeParse(input).success).toBe(!refused);
      }),
      { numRuns: 500 },
    );
  });
});
