// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { noFacts } from '../../src/check/facts.ts';
import { runChecks } from '../../src/check/run-checks.ts';
import { goodReport, nodeFacts } from './facts.ts';
import { manifests } from './manifests/parse.ts';

const stack = new URL('../fixtures/manifests/good/stack.yaml', import.meta.url);
const objects: readonly unknown[] = parseAllDocuments(readFileSync(stack, 'utf8')).map((document) => document.toJS());
const node = nodeFacts(goodReport());

/** A copy with the value that is reached by the steps, each taken modulo what there is, replaced. */
function broken(value: unknown, steps: readonly number[], junk: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined || typeof value !== 'object' || value === null) return junk;
  const entries = Object.entries(value);
  const chosen = entries[step % Math.max(1, entries.length)];
  if (chosen === undefined) return junk;
  const [key, inner] = chosen;
  const changed = broken(inner, rest, junk);
  if (Array.isArray(value)) return value.map((item, index) => (String(index) === key ? changed : item));
  return { ...value, [key]: changed };
}

const junk = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    '{',
    '[{"name":',
    '{"resourceList":[null,1,{"selectors":[1]}]}',
    '{"resourceList":{"0":{}}}',
    '{"plugins":[1]}',
  ),
);

it('says something of every stack in which something is broken, and what to do', () => {
  fc.assert(
    fc.property(fc.nat(objects.length - 1), fc.array(fc.nat(20), { maxLength: 9 }), junk, (which, steps, value) => {
      const text = objects
        .map((object, index) => JSON.stringify(index === which ? broken(object, steps, value) : object))
        .join('\n---\n');
      for (const row of runChecks({ ...noFacts, manifests: manifests(text), nodes: [node] })) {
        expect(row.found, row.id).not.toBe('');
        expect(row.hint !== null, row.id).toBe(row.level === 'warn' || row.level === 'fail');
        if (row.where !== null && row.node === null) expect(row.where).toMatch(/^m\.yaml:\d+$/);
      }
    }),
    { numRuns: 300 },
  );
});
