// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { readJsonFile } from '../../src/files/json-file.ts';
import { junk } from '../fixtures/junk.ts';
import { scratch } from '../fixtures/scratch.ts';

const { folder } = scratch();
const schema = z.object({ schemaVersion: z.literal('vdpactl/v1'), n: z.int() });

it('reads what fits the schema', () => {
  const path = join(folder(), 'a.json');
  writeFileSync(path, '{"schemaVersion":"vdpactl/v1","n":1,"more":2}');
  expect(readJsonFile(path, schema)).toEqual({ schemaVersion: 'vdpactl/v1', n: 1 });
});

it.each([
  ['cut off', '{"schemaVersion":"vdpactl/v1","n":'],
  ['of another version', '{"schemaVersion":"vdpactl/v2","n":1}'],
  ['of another shape', '{"schemaVersion":"vdpactl/v1","n":"1"}'],
  ['a list', '[]'],
  ['null', 'null'],
  ['empty', ''],
])('answers null for a file that is %s', (_what, text) => {
  const path = join(folder(), 'a.json');
  writeFileSync(path, text);
  expect(readJsonFile(path, schema)).toBeNull();
});

it('answers null for a file that is not there', () => {
  expect(readJsonFile(join(folder(), 'none.json'), schema)).toBeNull();
});

it('never throws for any content', () => {
  const path = join(folder(), 'a.json');
  fc.assert(
    fc.property(fc.oneof(junk, fc.json()), (text) => {
      writeFileSync(path, text);
      expect(readJsonFile(path, schema)).toBeNull();
    }),
  );
});
