// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldDiff } from '../../../src/cluster/plan/field-diff.ts';
import { maskSecrets } from '../../../src/cluster/plan/mask-secrets.ts';

/** Words that are nowhere else. */
const secret = fc.stringMatching(/^S3CRET-[a-z]{6}$/);
const copy = 'kubectl.kubernetes.io/last-applied-configuration';

const secretObject = fc
  .record({
    data: fc.option(fc.dictionary(fc.constantFrom('a', 'tls.key', 'data'), secret), { nil: undefined }),
    stringData: fc.option(fc.dictionary(fc.constantFrom('a', 'x.y'), secret), { nil: undefined }),
    copied: fc.option(secret, { nil: undefined }),
    label: fc.option(fc.constantFrom('one', 'two'), { nil: undefined }),
  })
  .map(({ data, stringData, copied, label }) => ({
    kind: 'Secret',
    ...{ data, stringData },
    metadata: {
      name: 'x',
      ...(label === undefined ? {} : { labels: { label } }),
      ...(copied === undefined ? {} : { annotations: { [copy]: `{"data":{"a":"${copied}"}}` } }),
    },
  }));

describe('maskSecrets', () => {
  it('lets no value of a Secret through, whichever way it changes', () => {
    fc.assert(
      fc.property(fc.option(secretObject), fc.option(secretObject), (from, to) => {
        const shown = maskSecrets('Secret', fieldDiff(from, to));
        expect(JSON.stringify(shown)).not.toContain('S3CRET');
      }),
    );
  });

  it('lets none through by a field that Secrets do not have yet', () => {
    const shown = maskSecrets(
      'Secret',
      fieldDiff({ moreData: 'S3CRET-a' }, { moreData: 'S3CRET-b', 'data-2': 'S3CRET-c' }),
    );
    expect(JSON.stringify(shown)).not.toContain('S3CRET');
    expect(shown.map(({ path }) => path)).toEqual(['.data-2', '.moreData']);
  });

  it('still says which fields differ, and whether they come or go', () => {
    const from = { data: { a: 'x', b: 'x' }, metadata: { labels: { l: '1' } } };
    const to = { data: { b: 'y', c: 'y' }, metadata: { labels: { l: '2' } } };
    expect(maskSecrets('Secret', fieldDiff(from, to))).toEqual([
      { path: '.data.a', from: '(hidden)', to: undefined },
      { path: '.data.b', from: '(hidden)', to: '(hidden)' },
      { path: '.data.c', from: undefined, to: '(hidden)' },
      { path: '.metadata.labels.l', from: '1', to: '2' },
    ]);
  });

  it('hides the copy that kubectl keeps, of any kind of object, and nothing else of it', () => {
    const from = { metadata: { annotations: { [copy]: 'S3CRET', own: '1' } }, data: { a: '1' } };
    expect(maskSecrets('ConfigMap', fieldDiff(from, { data: { a: '2' } }))).toEqual([
      { path: '.data.a', from: '1', to: '2' },
      { path: '.metadata', from: { annotations: { [copy]: '(hidden)', own: '1' } }, to: undefined },
    ]);
  });
});
