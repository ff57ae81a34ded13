// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { inventoryObject } from '../../../src/cluster/stack/inventory.ts';
import { compareVersions, openStack, refuseOlder } from '../../../src/cluster/stack/open-stack.ts';
import { FakeApi, type FakeObject } from '../watch/fake-api.ts';

describe('versions', () => {
  const ascending = [
    '0.1.0-alpha',
    '0.1.0-alpha.1',
    '0.1.0-alpha.beta',
    '0.1.0-beta',
    '0.1.0-beta.2',
    '0.1.0-beta.11',
    '0.1.0-rc.9',
    '0.1.0-rc.10',
    '0.1.0',
    '0.1.1',
    '0.2.0',
    '0.10.0',
    '1.0.0-dev',
    '1.0.0',
  ];
  it('are in the order of Semantic Versioning', () => {
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries()) {
        expect(Math.sign(compareVersions(a, b)), `${a} ${b}`).toBe(Math.sign(i - j));
      }
    }
    expect(compareVersions('1.2.3+build.7', '1.2.3+build.8')).toBe(0);
  });

  it('have an order for any text: the one way is the other way round', () => {
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^\d{1,3}\.\d{1,3}\.\d{1,3}(-[a-z0-9]{1,3}(\.[a-z0-9]{1,3}){0,2})?$/),
    );
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0);
        expect(compareVersions(a, a)).toBe(0);
      }),
    );
  });
});

describe('openStack', () => {
  const signal = new AbortController().signal;
  const labels = { 'app.kubernetes.io/managed-by': 'vdpactl', 'app.kubernetes.io/part-of': 'vdpactl' };
  const owned = (name: string, more: object = {}, namespace: string | undefined = 'n'): FakeObject => ({
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      annotations: { 'vdpactl.io/owner': 'n' },
      ...more,
    },
  });
  const inventory = { apiVersion: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespace: 'n' };
  const configMaps = '/api/v1/namespaces/n/configmaps';
  let api: FakeApi;
  let client: KubeClient;
  beforeEach(async () => {
    ({ api, client } = await FakeApi.start());
  });
  afterEach(async () => {
    client.close();
    await api.stop();
  });
  const record = (objects: readonly string[]) =>
    inventoryObject('n', {
      state: 'deployed',
      objects: objects.map((name) => ({ ...inventory, name, adopted: false })),
      plan: { objects: [], nodes: [] },
      previous: null,
    }) as unknown as FakeObject;
  const names = async () => (await openStack(client, 'n', signal)).objects.map(({ name }) => name).sort();

  it('finds nothing where there is nothing, and has nothing to warn of', async () => {
    expect(await openStack(client, 'n', signal)).toEqual({
      state: 'none',
      objects: [],
      plan: null,
      previous: null,
      version: null,
      isWhole: false,
      warnings: [],
    });
  });

  it('has what the inventory names, and what somebody has taken out of it', async () => {
    api.put(configMaps, record(['one', 'gone']));
    api.put(configMaps, owned('one'));
    api.put(configMaps, owned('two'));
    api.put(configMaps, owned('of another stack', { annotations: { 'vdpactl.io/owner': 'other' } }));
    api.put(configMaps, { metadata: { name: 'of nobody', namespace: 'n' } });
    expect(await names()).toEqual(['gone', 'one', 'two', 'vdpactl-inventory']);
  });

  it.each([
    ['gone', undefined, 'the inventory of the stack is gone'],
    ['damaged', { ...record([]), data: { 'inventory.json': 'oops' } }, 'the inventory of the stack is damaged'],
  ])('makes up for an inventory that is %s, and says so', async (_, found, warning) => {
    if (found !== undefined) api.put(configMaps, found);
    for (let index = 0; index < 1_200; index += 1) api.put(configMaps, owned(`m${index}`));
    const { state, objects, warnings } = await openStack(client, 'n', signal);
    expect(state).toBe('none');
    expect(objects.filter(({ name }) => name.startsWith('m'))).toHaveLength(1_200);
    expect(warnings).toEqual([expect.stringContaining(warning)]);
  });

  it('takes a namespace or definition for one that was there before by who else has set fields of it', async () => {
    const fields = (...managers: readonly string[]) => ({ managedFields: managers.map((manager) => ({ manager })) });
    const status = { managedFields: [{ manager: 'vdpactl' }, { manager: 'other', subresource: 'status' }] };
    api.put('/api/v1/namespaces', owned('a', fields('vdpactl', 'kube-controller-manager'), undefined));
    api.put('/api/v1/namespaces', owned('b', fields('kubectl', 'vdpactl'), undefined));
    api.put('/api/v1/namespaces', owned('c', status, undefined));
    api.put(configMaps, owned('d', fields('kubectl-edit', 'vdpactl')));
    const { objects } = await openStack(client, 'n', signal);
    expect(Object.fromEntries(objects.map(({ name, adopted }) => [name, adopted]))).toEqual({
      a: false,
      b: true,
      c: false,
      d: false,
    });
  });
});

describe('refuseOlder', () => {
  const stack = (version: string | null) => ({
    ...{ state: 'deployed' as const, objects: [], plan: null, previous: null, isWhole: true, warnings: [] },
    version,
  });
  it('lets a vdpactl change what an older one, the same, or nobody knows which has deployed', () => {
    for (const version of [null, '0.0.0-test', '0.0.0-alpha'])
      expect(() => refuseOlder(stack(version), 'x')).not.toThrow();
  });
  it('refuses what a newer one has deployed, and says which and how', () => {
    expect(() => refuseOlder(stack('9.1.0'), 'context c, namespace n')).toThrow(
      expect.objectContaining({
        code: 'VDPA-STACK-005',
        where: 'context c, namespace n',
        message: 'the stack was deployed by vdpactl 9.1.0; this is 0.0.0-test',
        next: 'use vdpactl 9.1.0 or later, or go back on purpose with --allow-downgrade',
      }),
    );
  });
});
