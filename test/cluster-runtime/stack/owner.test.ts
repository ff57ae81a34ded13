// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { liveObjectSchema } from '../../../src/cluster/objects/live-object.ts';
import { adoptionPolicies, ownerOf, ownership, withOwner } from '../../../src/cluster/stack/owner.ts';

const object = (owner: string | null, labels: Record<string, string> = {}) => ({
  metadata: { name: 'x', labels, ...(owner === null ? {} : { annotations: { 'vdpactl.io/owner': owner } }) },
});

describe('whose an object is that is there already', () => {
  const of = (live: ReturnType<typeof object>) =>
    Object.fromEntries(adoptionPolicies.map((policy) => [policy, ownership(live, 'mine', policy)]));
  it('one of this stack is ours, whatever the policy', () => {
    expect(of(object('mine'))).toEqual({ 'must-match': 'ours', 'adopt-if-unowned': 'ours', 'adopt-all': 'ours' });
  });
  it('one of nobody is refused, or adopted if that was asked for', () => {
    expect(of(object(null))).toEqual({
      'must-match': 'refused',
      'adopt-if-unowned': 'adoptable',
      'adopt-all': 'adoptable',
    });
  });
  it('one of another stack is taken only when all are', () => {
    expect(of(object('other'))).toEqual({
      'must-match': 'refused',
      'adopt-if-unowned': 'refused',
      'adopt-all': 'adoptable',
    });
  });
  it('a namespace that a killed detect left is ours, unless a stack has it', () => {
    const made = { 'vdpactl.io/made-for': 'detect' };
    expect(ownership(object(null, made), 'mine', 'must-match')).toBe('ours');
    expect(ownership(object('other', made), 'mine', 'must-match')).toBe('refused');
  });
});

it('the mark of the owner is added to what an object has, and read back', () => {
  const rendered = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x', labels: {}, annotations: { own: 'kept' } },
  };
  const marked = withOwner(rendered, 'mine');
  expect(marked.metadata.annotations).toEqual({ own: 'kept', 'vdpactl.io/owner': 'mine' });
  expect(ownerOf(liveObjectSchema.parse(marked))).toBe('mine');
  expect(rendered.metadata.annotations).toEqual({ own: 'kept' });
  expect(ownerOf({ metadata: { name: 'x', annotations: null } })).toBeNull();
});
