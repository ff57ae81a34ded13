// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/config-schema.ts';
import { configJsonSchema, schemaAt, schemaKeys } from '../../src/config/json-schema.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { configTemplate } from '../../src/config/template.ts';
import { put, temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const template = configTemplate();
const uncommented = template.replaceAll(/^( *)#(?=\S)/gm, '$1');

async function load(content: string) {
  put(folder, 'c.yaml', content);
  return loadConfig({ path: 'c.yaml', cwd: folder });
}

describe('the config that init writes', () => {
  it('changes nothing as it is', async () => {
    expect(await load(template)).toMatchObject({ config: configSchema.parse({}), set: ['apiVersion'] });
  });

  it('says every default with each setting uncommented', async () => {
    const keys = schemaKeys(configJsonSchema());
    const leaves = keys.filter((key) => !keys.some((other) => other.startsWith(`${key}.`)));
    expect(await load(uncommented)).toMatchObject({ config: configSchema.parse({}), set: leaves });
  });

  it('is valid with any single setting uncommented', async () => {
    const lines = template.split('\n');
    const settings = lines.flatMap((line, index) => (/^ *#\S/.test(line) ? [index] : []));
    expect(settings.length).toBeGreaterThan(10);
    for (const index of settings) {
      const { set } = await load(lines.map((line, at) => (at === index ? line.replace('#', '') : line)).join('\n'));
      expect(set).toHaveLength(2);
    }
  });

  it('is valid with its sections commented out too', async () => {
    const bare = template.replaceAll(/^(?= *[a-z])/gm, '#');
    expect(await load(bare)).toMatchObject({ config: configSchema.parse({}), set: [] });
  });

  it('explains every key exactly once', () => {
    const schema = configJsonSchema();
    const prose = template.replaceAll(/\n *# /g, ' ');
    for (const key of schemaKeys(schema)) {
      const { description = '' } = schemaAt(schema, key.split('.')) ?? {};
      expect(description, key).not.toBe('');
      const sameText = schemaKeys(schema).filter(
        (other) => schemaAt(schema, other.split('.'))?.description === description,
      );
      expect(prose.split(description).length - 1, key).toBe(sameText.length);
    }
  });

  it('reads well', () => {
    expect(template).toContain(`
  # What stands in for the NIC: memif (shared memory to a traffic generator), af_packet (an
  # interface of this machine), null (swallows and makes packets).
  # Must be one of memif, af_packet, "null".
  #wire: memif
`);
    expect(template.split('\n').filter((line) => line.length > 120)).toEqual([]);
  });
});
