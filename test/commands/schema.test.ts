// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { schemaCommand } from '../../src/commands/schema.ts';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { runCommand } from './run-command.ts';

describe('vdpactl schema', () => {
  it('prints the JSON Schema', async () => {
    expect(JSON.parse(await runCommand(schemaCommand(), [], '/'))).toEqual(configJsonSchema());
  });

  it('says its schemaVersion where the output is a document of vdpactl', async () => {
    const doc = { schemaVersion: 'vdpactl/v1', ...configJsonSchema() };
    expect(JSON.parse(await runCommand(schemaCommand(), ['-o', 'json'], '/'))).toEqual(doc);
    expect(parse(await runCommand(schemaCommand(), ['-o', 'yaml'], '/'))).toEqual(doc);
  });
});
