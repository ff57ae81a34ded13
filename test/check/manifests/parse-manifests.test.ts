// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseManifests } from '../../../src/check/manifests/parse-manifests.ts';
import { manifests, onlyObject } from './parse.ts';

describe('the objects of manifests', () => {
  it('are those of all documents and lists, each with its file and line', () => {
    const { objects, problems } = parseManifests([
      {
        name: 'a.yaml',
        text: `kind: A
metadata: { name: one, namespace: n }
---
# nothing
---
kind: List
items:
  - kind: B
    metadata:
      name: two
  - kind: C
    metadata:
      generateName: three-
`,
      },
      { name: 'b.json', text: '{\n  "kind": "D",\n  "apiVersion": "v1"\n}\n' },
    ]);
    expect(problems).toEqual([]);
    expect(objects.map(({ file, kind, name, namespace }) => ({ file, kind, name, namespace }))).toEqual([
      { file: 'a.yaml', kind: 'A', name: 'one', namespace: 'n' },
      { file: 'a.yaml', kind: 'B', name: 'two', namespace: null },
      { file: 'a.yaml', kind: 'C', name: 'three-', namespace: null },
      { file: 'b.json', kind: 'D', name: null, namespace: null },
    ]);
    expect(objects.map((object) => object.where([]))).toEqual(['a.yaml:1', 'a.yaml:8', 'a.yaml:11', 'b.json:1']);
    expect(objects.map((object) => object.where(['metadata', 'name']))).toEqual([
      'a.yaml:2',
      'a.yaml:10',
      'a.yaml:12',
      'b.json:1',
    ]);
  });

  it('know the line of what is there, and of the nearest thing above what is not', () => {
    const object = onlyObject(`kind: Pod
spec:
  containers:
    - name: a
      args:
        - one
        - two
  empty:
`);
    expect(object.where(['spec', 'containers', 0, 'args', 1])).toBe('m.yaml:7');
    expect(object.where(['spec', 'containers', 0, 'image'])).toBe('m.yaml:4');
    expect(object.where(['spec', 'containers', 9])).toBe('m.yaml:3');
    expect(object.where(['spec', 'empty', 'x'])).toBe('m.yaml:8');
    expect(object.where(['status'])).toBe('m.yaml:1');
  });

  it('know the lines within a text that is kept as it is', () => {
    const object = onlyObject(`kind: ConfigMap
data:
  block: |
    first
    second
  folded: >
    first
    second
  plain: first
`);
    expect(object.whereInText(['data', 'block'], 1)).toBe('m.yaml:5');
    expect(object.whereInText(['data', 'folded'], 1)).toBe('m.yaml:6');
    expect(object.whereInText(['data', 'plain'], 0)).toBe('m.yaml:9');
  });
});

describe('JSON within a manifest', () => {
  const text = (json: string) => `kind: ConfigMap\ndata:\n  config.json: |\n${json.replace(/^/gm, '    ')}\n`;

  it('knows its lines in the manifest', () => {
    const json = onlyObject(text('{\n  "list": [\n    { "a": 1 },\n    { "b": 2 }\n  ]\n}')).json([
      'data',
      'config.json',
    ]);
    expect(json).toMatchObject({ value: { list: [{ a: 1 }, { b: 2 }] }, problem: null });
    expect(json?.where(['list', 1, 'b'])).toBe('m.yaml:7');
    expect(json?.where(['list', 0, 'x'])).toBe('m.yaml:6');
    expect(json?.where([])).toBe('m.yaml:4');
  });

  it('says why it is none', () => {
    const json = onlyObject(text('{\n  "list": [{ {\n}')).json(['data', 'config.json']);
    expect(json?.value).toBeNull();
    expect(json?.problem).toMatch(/JSON/);
    expect(json?.where([])).toMatch(/^m\.yaml:\d+$/);
  });

  it('is nothing where there is no text', () => {
    const object = onlyObject('kind: ConfigMap\ndata: { a: 1, b: [x] }\n');
    for (const path of [
      ['data', 'a'],
      ['data', 'b'],
      ['data', 'c'],
      ['spec', 'config'],
      ['data', 'toString'],
    ])
      expect(object.json(path)).toBeNull();
  });
});

describe('what cannot be read', () => {
  it.each([
    ['a template', 'kind: {{ .Values.kind }}\n', /m\.yaml:1/],
    ['an open quote', 'kind: A\nname: "x\n', /m\.yaml:\d/],
    ['a list', '- kind: A\n', /m\.yaml:1/],
    ['text', 'Not found\n', /m\.yaml:1/],
    ['an alias without an anchor', 'kind: *a\n', /m\.yaml:1/],
    ['a deep nest', '['.repeat(100_000), /m\.yaml:1/],
    [
      'a bomb of aliases',
      `a: &a [x]\n${'bcdefghij'
        .split('')
        .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(',')}]\n`)
        .join('')}`,
      /m\.yaml:1/,
    ],
  ])('%s is a problem with its place', (_what, text, where) => {
    const { objects, problems } = manifests(text);
    expect(objects).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.where).toMatch(where);
    expect(problems[0]?.message).toMatch(/^\P{Cc}+$/u);
  });

  it('does not keep the other documents from being read', () => {
    const { objects, problems } = manifests('kind: A\n---\nkind: "B\n');
    expect(objects.map(({ kind }) => kind)).toEqual(['A']);
    expect(problems).toHaveLength(1);
  });

  it('is never an error that is thrown', () => {
    const words = fc.constantFrom(
      'kind: A\n',
      '---\n',
      'a: &x ',
      '*x\n',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      '|\n',
      '  ',
      '\n',
      ':',
      '#',
      '\t',
      '\u0000',
      '!!js/function ',
      '<<: ',
      'x',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 40 }), (parts) => {
        const { objects, problems } = manifests(parts.join(''));
        for (const object of objects) expect(object.where(['a', 0, 'b'])).toMatch(/^m\.yaml:\d+$/);
        for (const { where } of problems) expect(where).toMatch(/^m\.yaml:\d+$/);
      }),
    );
  });
});
