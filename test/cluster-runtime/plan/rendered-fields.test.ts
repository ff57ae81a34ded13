// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldDiff } from '../../../src/cluster/plan/field-diff.ts';
import { withFieldsOf } from '../../../src/cluster/plan/rendered-fields.ts';
import type { KubernetesObject } from '../../../src/templates/kubernetes/kubernetes-object.ts';

const rendered = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'x', namespace: 'n', labels: { own: '1' } },
  spec: {
    containers: [
      { name: 'b', image: 'new' },
      { name: 'a', image: 'i' },
    ],
    list: ['x'],
  },
} as const satisfies KubernetesObject;

describe('an object with the rendered fields', () => {
  it('is what is rendered where there is none', () => {
    expect(withFieldsOf(null, rendered)).toEqual(rendered);
  });

  it('keeps what the server and others have set, items of lists by their name', () => {
    const live = {
      apiVersion: 'apps/v1',
      metadata: { name: 'x', namespace: 'n', uid: 'u', labels: { own: '0', theirs: '2' } },
      spec: {
        containers: [
          { name: 'a', image: 'i', pull: 'Always' },
          { name: 'b', image: 'old', pull: 'Never' },
        ],
        list: ['y'],
        defaulted: true,
      },
    };
    expect(withFieldsOf(live, rendered)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'x', namespace: 'n', uid: 'u', labels: { own: '1', theirs: '2' } },
      spec: {
        containers: [
          { name: 'b', image: 'new', pull: 'Never' },
          { name: 'a', image: 'i', pull: 'Always' },
        ],
        list: ['x'],
        defaulted: true,
      },
    });
  });

  it('differs in nothing from one that has them all, whatever else that has', () => {
    const more = fc.dictionary(fc.stringMatching(/^more[a-z]{1,5}$/), fc.jsonValue());
    fc.assert(
      fc.property(more, more, (top, spec) => {
        const live = { ...top, ...rendered, spec: { ...spec, ...rendered.spec } };
        expect(fieldDiff(live, withFieldsOf(live as never, rendered))).toEqual([]);
      }),
    );
  });

  it('applied twice is the same as applied once', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('spec', 'data', 'more'), fc.jsonValue()), (content) => {
        const once = withFieldsOf({ ...content, metadata: { name: 'x' } }, rendered);
        expect(withFieldsOf(once, rendered)).toEqual(once);
      }),
    );
  });
});
