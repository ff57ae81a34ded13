// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FieldChange, fieldDiff } from '../../../src/cluster/plan/field-diff.ts';
import { isRecord } from '../../../src/config/plain-data.ts';

const paths = (changes: readonly FieldChange[]) => changes.map(({ path }) => path);

describe('fieldDiff', () => {
  it.each<[string, unknown, unknown, string[]]>([
    ['a value', { spec: { replicas: 1 } }, { spec: { replicas: 2 } }, ['.spec.replicas']],
    ['a field that comes', {}, { spec: { a: 1 } }, ['.spec']],
    ['a field that goes', { spec: { a: 1 } }, { spec: {} }, ['.spec.a']],
    ['a type', { a: '1' }, { a: 1 }, ['.a']],
    ['a key that is no word', { m: { 'x.y/z': 1 } }, { m: { 'x.y/z': 2 } }, ['.m["x.y/z"]']],
    [
      'an item by its name',
      {
        c: [
          { name: 'a', v: 1 },
          { name: 'b', v: 1 },
        ],
      },
      {
        c: [
          { name: 'a', v: 1 },
          { name: 'b', v: 2 },
        ],
      },
      ['.c[name=b].v'],
    ],
    [
      'an item that comes in between',
      { c: [{ name: 'a' }, { name: 'c' }] },
      { c: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] },
      ['.c[name=b]'],
    ],
    [
      'a mount by its path',
      {
        m: [
          { mountPath: '/a', name: 'v' },
          { mountPath: '/b', name: 'v' },
        ],
      },
      {
        m: [
          { mountPath: '/b', name: 'w' },
          { mountPath: '/a', name: 'v' },
        ],
      },
      ['.m[mountPath=/b].name', '.m (order)'],
    ],
    ['an item by its place', { args: ['a', 'b'] }, { args: ['a', 'c', 'd'] }, ['.args[1]', '.args[2]']],
    [
      'two that are named alike, by their place',
      {
        p: [
          { name: 'a', v: 1 },
          { name: 'a', v: 2 },
        ],
      },
      {
        p: [
          { name: 'a', v: 1 },
          { name: 'a', v: 3 },
        ],
      },
      ['.p[1].v'],
    ],
    [
      'the order alone',
      { init: [{ name: 'a' }, { name: 'b' }] },
      { init: [{ name: 'b' }, { name: 'a' }] },
      ['.init (order)'],
    ],
    ['a whole', 1, 2, ['.']],
  ])('names %s', (_, from, to, expected) => {
    expect(paths(fieldDiff(from, to))).toEqual(expected);
  });

  it('takes no difference in what the server keeps, nor in what is empty', () => {
    const live = {
      metadata: {
        name: 'x',
        uid: '1',
        resourceVersion: '7',
        generation: 3,
        creationTimestamp: 'then',
        managedFields: [{ manager: 'vdpactl' }],
        annotations: { 'deprecated.daemonset.template.generation': '3', 'deployment.kubernetes.io/revision': '2' },
      },
      spec: { template: { metadata: { creationTimestamp: null } }, list: [] },
      status: { ready: 1 },
    };
    expect(
      fieldDiff(live, { metadata: { name: 'x', annotations: {} }, spec: { template: { metadata: {} }, list: null } }),
    ).toEqual([]);
    expect(paths(fieldDiff({ spec: { status: 1 } }, { spec: { status: 2 } }))).toEqual(['.spec.status']);
  });

  it('tells items apart whose keys only look alike', () => {
    expect(
      fieldDiff(
        {
          c: [
            { name: 1, v: 1 },
            { name: '1', v: 2 },
          ],
        },
        {
          c: [
            { name: 1, v: 1 },
            { name: '1', v: 2 },
          ],
        },
      ),
    ).toEqual([]);
    expect(
      fieldDiff(
        {
          c: [
            { name: 1, v: 1 },
            { name: '1', v: 2 },
          ],
        },
        {
          c: [
            { name: 1, v: 3 },
            { name: '1', v: 2 },
          ],
        },
      ),
    ).toHaveLength(1);
  });
});

/** Documents as Kubernetes has them. Values are never empty: what is empty is the same as what is not there. */
const key = fc.constantFrom('a', 'b', 'spec', 'x.y/z', 'name');
const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean());
const { doc } = fc.letrec((tie) => ({
  doc: fc.oneof({ maxDepth: 4 }, leaf, tie('map'), tie('list'), tie('named')),
  map: fc.dictionary(key, tie('doc'), { minKeys: 1, maxKeys: 4 }),
  list: fc.array(tie('doc'), { minLength: 1, maxLength: 4 }),
  named: fc.uniqueArray(fc.record({ name: fc.constantFrom('p', 'q', 'r', 's'), v: tie('doc') }), {
    minLength: 1,
    selector: (item) => (item as { name: string }).name,
  }),
}));
const top = fc.record({ kind: fc.constant('X'), spec: doc });

it.each([
  ['eth0', '.c[name=eth0].v'],
  ['10.0.0.1', '.c[name=10.0.0.1].v'],
  [8080, '.c[name=8080].v'],
  ['8080', '.c[name="8080"].v'],
  ['a]', '.c[name="a]"].v'],
  ['', '.c[name=""].v'],
])('tells the item %j apart', (name, path) => {
  expect(paths(fieldDiff({ c: [{ name, v: 1 }] }, { c: [{ name, v: 2 }] }))).toEqual([path]);
});

describe('fieldDiff of any two documents', () => {
  it('is empty of one and itself, and of a copy with its keys in another order', () => {
    const turned = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(turned)
        : isRecord(value)
          ? Object.fromEntries(
              Object.entries(value)
                .reverse()
                .map(([name, inner]) => [name, turned(inner)]),
            )
          : value;
    fc.assert(
      fc.property(top, (one) => {
        expect(fieldDiff(one, structuredClone(one))).toEqual([]);
        expect(fieldDiff(one, turned(one))).toEqual([]);
      }),
    );
  });

  it('is empty only where they are alike', () => {
    fc.assert(
      fc.property(top, top, (one, other) => {
        const alike = stable(one) === stable(other);
        expect(fieldDiff(one, other).length === 0).toBe(alike);
      }),
    );
  });

  it('names each path once, and the way back is the same with its sides exchanged', () => {
    fc.assert(
      fc.property(top, top, (one, other) => {
        const there = fieldDiff(one, other);
        const back = fieldDiff(other, one).map(({ path, from, to }) => ({ path, from: to, to: from }));
        expect(new Set(paths(there)).size).toBe(there.length);
        expect(sorted(back)).toEqual(sorted(there));
      }),
    );
  });

  it('has at each path what is there on either side', () => {
    fc.assert(
      fc.property(top, top, (one, other) => {
        for (const { path, from, to } of fieldDiff(one, other)) {
          if (path.endsWith(' (order)')) continue;
          expect(at(one, path)).toEqual(from);
          expect(at(other, path)).toEqual(to);
        }
      }),
    );
  });

  it('comes in the order of the fields', () => {
    fc.assert(
      fc.property(fc.dictionary(key, leaf), fc.dictionary(key, leaf), (one, other) => {
        const found = fieldDiff(one, other).map(({ path }) => path.replace(/^\.|^\["|"\]$/g, ''));
        expect(found).toEqual([...found].sort());
      }),
    );
  });
});

const sorted = (changes: readonly FieldChange[]) => [...changes].sort((a, b) => (a.path < b.path ? -1 : 1));

function stable(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

/** What is at a path, as a reader of it would look. */
/** As a path has it: a text may be quoted, a number is not. */
function named(name: unknown, given: string): boolean {
  return name === given || JSON.stringify(name) === given;
}

function at(value: unknown, path: string): unknown {
  let here = value;
  const steps = path.matchAll(
    /\.([A-Za-z_][\w-]*)|\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\[name=("(?:[^"\\]|\\.)*"|[^\]]*)\]/g,
  );
  for (const [, word, quoted, index, name] of steps) {
    if (index !== undefined) here = Array.isArray(here) ? here[Number(index)] : undefined;
    else if (name !== undefined)
      here = Array.isArray(here) ? here.find((item) => isRecord(item) && named(item['name'], name)) : undefined;
    else here = isRecord(here) ? here[word ?? quoted ?? ''] : undefined;
  }
  return here;
}
