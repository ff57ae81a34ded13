// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LiveObject } from '../../../src/cluster/objects/live-object.ts';
import { fingerprint } from '../../../src/cluster/plan/fingerprint.ts';
import { isRecord } from '../../../src/config/plain-data.ts';

const live: LiveObject = {
  metadata: { name: 'x', namespace: 'n', uid: 'u', labels: { a: '1', b: '2' }, annotations: { c: '3' } },
  spec: { containers: [{ name: 'one', image: 'i' }], replicas: 2 },
};

function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, turned(inner)]),
  );
}

describe('a fingerprint', () => {
  it('is the same whatever the order of keys', () => {
    expect(fingerprint(turned(live) as LiveObject)).toBe(fingerprint(live));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (spec) => {
        const one = { ...live, spec };
        expect(fingerprint(turned(one) as LiveObject)).toBe(fingerprint(one));
      }),
    );
  });

  it.each<[string, Partial<LiveObject['metadata']>, object]>([
    ['its status', {}, { status: { ready: 1 } }],
    ['who has set what', { managedFields: [{ manager: 'kubectl' }] }, {}],
    ['its versions', { resourceVersion: '9', generation: 4 }, {}],
    ['when it was made', { creationTimestamp: 'then' }, {}],
    ['how often controllers worked on it', { annotations: { c: '3', 'deployment.kubernetes.io/revision': '7' } }, {}],
  ])('does not depend on %s', (_, metadata, rest) => {
    expect(fingerprint({ ...live, ...rest, metadata: { ...live.metadata, ...metadata } })).toBe(fingerprint(live));
  });

  it.each<[string, Partial<LiveObject['metadata']>, object]>([
    ['a field', {}, { spec: { replicas: 3 } }],
    ['the order of a list', {}, { spec: { containers: [{ image: 'i' }, { name: 'one' }] } }],
    ['a label', { labels: { a: '1' } }, {}],
    ['an annotation', { annotations: { c: '4' } }, {}],
    ['which object it is', { uid: 'another' }, {}],
    ['that it is being removed', { finalizers: ['x'] }, {}],
  ])('changes with %s', (_, metadata, rest) => {
    expect(fingerprint({ ...live, ...rest, metadata: { ...live.metadata, ...metadata } })).not.toBe(fingerprint(live));
  });
});
