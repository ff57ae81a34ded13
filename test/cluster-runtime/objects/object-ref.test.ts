// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import {
  keyOf,
  objectRefSchema,
  pathOf,
  refOf,
  refText,
  renderedKinds,
  resourceText,
} from '../../../src/cluster/objects/object-ref.ts';

const object = (apiVersion: string, kind: string, namespace?: string) =>
  refOf({ apiVersion, kind, metadata: { name: 'x', labels: {}, ...(namespace === undefined ? {} : { namespace }) } });

describe('a reference to an object', () => {
  it.each([
    [object('v1', 'ConfigMap', 'n'), '/api/v1/namespaces/n/configmaps/x', 'ConfigMap n/x', 'configmaps'],
    [
      object('apps/v1', 'DaemonSet', 'n'),
      '/apis/apps/v1/namespaces/n/daemonsets/x',
      'DaemonSet n/x',
      'daemonsets.apps',
    ],
    [object('v1', 'Namespace'), '/api/v1/namespaces/x', 'Namespace x', 'namespaces'],
  ])('has a path, a name for people, and one for RBAC', (ref, path, text, resource) => {
    expect([pathOf(ref), refText(ref), resourceText(ref)]).toEqual([path, text, resource]);
    expect(objectRefSchema.parse(ref)).toEqual(ref);
  });

  it('is the same in whatever version of its API, and another in another group', () => {
    expect(keyOf(object('apps/v1', 'DaemonSet', 'n'))).toBe(keyOf(object('apps/v2', 'DaemonSet', 'n')));
    expect(keyOf(object('apps/v1', 'DaemonSet', 'n'))).not.toBe(keyOf(object('other/v1', 'DaemonSet', 'n')));
    expect(keyOf(object('v1', 'ConfigMap', 'n'))).not.toBe(keyOf(object('v1', 'ConfigMap', 'm')));
  });

  it('is there for every kind that is rendered', () => {
    for (const { apiVersion, kind, resource } of renderedKinds)
      expect(object(apiVersion, kind).resource).toBe(resource);
    expect(() => object('v1', 'Unknown')).toThrow(/without a resource/);
  });

  it.each(['../x', 'a/b', '', 'a b', 'x?y'])('of a forged name leads nowhere: %j', (name) => {
    expect(objectRefSchema.safeParse({ ...object('v1', 'ConfigMap', 'n'), name }).success).toBe(false);
  });
});
