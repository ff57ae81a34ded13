// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networkReferences } from '../../../src/check/manifests/networks.ts';

describe('the networks of a pod', () => {
  it.each([
    ['', []],
    ['vdpa', ['apps/vdpa']],
    ['a, b', ['apps/a', 'apps/b']],
    ['other/a@net1,b@net2', ['other/a', 'apps/b']],
    ['vdpa,vdpa', ['apps/vdpa', 'apps/vdpa']],
    ['[{"name":"a"},{"name":"b","namespace":"other","interface":"net1"}]', ['apps/a', 'other/b']],
    ['[]', []],
  ])('%s', (annotation, expected) => {
    const parsed = networkReferences(annotation, 'apps');
    if ('problem' in parsed) throw new Error(parsed.problem);
    expect(parsed.references.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual(expected);
  });

  it.each([
    ['a,,b', /is no namespace\/name@interface/],
    ['a/b/c', /is no/],
    ['A_b', /is no/],
    ['a@', /is no/],
    ['a@an-interface-with-a-long-name', /longer than 15/],
    ['[{"name":', /is none/],
    ['[{"namespace":"x"}]', /no valid name/],
    ['[1]', /no valid name/],
  ])('%s is wrong', (annotation, problem) => {
    expect(networkReferences(annotation, 'apps')).toMatchObject({ problem: expect.stringMatching(problem) });
  });

  it('can be anything', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (annotation) => {
        const parsed = networkReferences(annotation, 'apps');
        expect('problem' in parsed || parsed.references.every(({ name }) => name !== '')).toBe(true);
      }),
    );
  });
});
