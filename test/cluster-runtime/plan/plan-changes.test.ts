// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { type ChangesRequest, planChanges } from '../../../src/cluster/plan/plan-changes.ts';
import type { VdpaError } from '../../../src/errors/vdpa-error.ts';
import type { KubernetesObject } from '../../../src/templates/kubernetes/kubernetes-object.ts';
import { FakeApi, status } from '../watch/fake-api.ts';

const configMaps = '/api/v1/namespaces/n/configmaps';
const object = (name: string, value = 'wanted', namespace = 'n'): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, labels: {} },
  data: { value },
});
const entry = (name: string, adopted = false) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespace: 'n' },
  ...{ name, adopted },
});

let api: FakeApi;
let client: KubeClient;
beforeEach(async () => {
  ({ api, client } = await FakeApi.start());
  for (const name of ['n', 'default']) api.put('/api/v1/namespaces', { metadata: { name } });
});
afterEach(async () => {
  client.close();
  await api.stop();
});

const put = (name: string, value = 'wanted', owner: string | null = 'n') =>
  api.put(configMaps, {
    metadata: {
      name,
      namespace: 'n',
      uid: name,
      labels: {},
      ...(owner === null ? {} : { annotations: { 'vdpactl.io/owner': owner } }),
    },
    apiVersion: 'v1',
    kind: 'ConfigMap',
    data: { value },
  });

const plan = (change: Partial<ChangesRequest> = {}) =>
  planChanges({
    ...{ client, namespace: 'n', objects: [], inventory: [], policy: 'must-match', forceConflicts: [] },
    ...{ dryRun: 'server', signal: new AbortController().signal },
    ...change,
  });
const short = async (change: Partial<ChangesRequest>) =>
  (await plan(change)).map(
    ({ action, ref, unverified }) => `${action} ${ref.name}${unverified === null ? '' : ` (${unverified})`}`,
  );
const failure = (change: Partial<ChangesRequest>): Promise<VdpaError> =>
  plan(change).then(
    () => Promise.reject(new Error('it did not fail')),
    (error: VdpaError) => error,
  );
/** Answers a write to one object with this. */
function refuseWrite(name: string, code: number, message: string, causes: readonly object[] = []): void {
  api.refuse = (url, method) =>
    method === 'PATCH' && url.pathname.endsWith(`/${name}`)
      ? { status: code, body: { ...status(code, 'Reason', message), details: { causes } } }
      : null;
}

describe.each(['server', 'client'] as const)('planChanges, judged by the %s', (dryRun) => {
  it('creates, configures, leaves and deletes, and changes nothing', async () => {
    put('same');
    put('other', 'old');
    put('unwanted');
    const objects = [object('new'), object('same'), object('other')];
    const inventory = [entry('same'), entry('other'), entry('unwanted'), entry('long gone')];
    expect(await short({ objects, inventory, dryRun })).toEqual([
      'create new',
      'unchanged same',
      'configure other',
      'delete unwanted',
    ]);
    expect(api.writes.every((write) => write.dryRun)).toBe(true);
    expect(api.writes.length > 0).toBe(dryRun === 'server');
  });

  it('says field by field what differs, and on what state that is founded', async () => {
    put('other', 'old');
    const [change] = await plan({ objects: [object('other')], dryRun });
    expect(change).toMatchObject({
      fields: [{ path: '.data.value', from: 'old', to: 'wanted' }],
      basedOn: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('deletes only what is still of the stack', async () => {
    put('of another', 'x', 'other');
    put('of nobody', 'x', null);
    expect(await short({ inventory: [entry('of another'), entry('of nobody')], dryRun })).toEqual([]);
  });

  it('remembers what was adopted, also when it is to go', async () => {
    put('kept');
    put('unwanted');
    const changes = await plan({
      objects: [object('kept')],
      inventory: [entry('kept', true), entry('unwanted', true)],
      dryRun,
    });
    expect(changes.map(({ action, adopted }) => [action, adopted])).toEqual([
      ['unchanged', true],
      ['delete', true],
    ]);
  });
});

describe('planChanges refuses', () => {
  it('what others have made, naming all of it', async () => {
    put('a', 'x', null);
    put('b', 'x', 'other');
    put('c');
    const error = await failure({ objects: [object('a'), object('b'), object('c')] });
    expect(error).toMatchObject({ code: 'VDPA-STACK-001', exitCode: 5, where: 'context fake' });
    expect(error.message).toBe('2 objects are there already and not of this stack');
    expect(error.details).toEqual([
      'ConfigMap n/a: not made by vdpactl',
      'ConfigMap n/b: belongs to the stack in other',
    ]);
    expect(error.next).toContain('--namespace other');
  });

  it('with the way to adopt what is of nobody', async () => {
    put('a', 'x', null);
    expect((await failure({ objects: [object('a')] })).next).toContain('--adopt adopt-if-unowned');
    const [change] = await plan({ objects: [object('a')], policy: 'adopt-if-unowned' });
    expect(change).toMatchObject({ action: 'configure', adopted: true });
  });

  it('fields of another manager, as object, path, manager, and takes over only those that are named', async () => {
    put('a', 'old');
    const causes = [
      { reason: 'FieldManagerConflict', field: '.data.value', message: 'conflict with "kubectl-edit" using v1' },
      { reason: 'FieldManagerConflict', field: '.data.other', message: 'conflict with "helm"' },
    ];
    refuseWrite('a', 409, 'Apply failed with 2 conflicts', causes);
    const error = await failure({ objects: [object('a')] });
    expect(error).toMatchObject({ code: 'VDPA-STACK-002', message: 'others have set 2 fields of the stack' });
    expect(error.details).toEqual([
      'ConfigMap n/a: .data.value: set by kubectl-edit (v1)',
      'ConfigMap n/a: .data.other: set by helm',
    ]);
    api.refuse = () => null;
    const forced = async (...forceConflicts: string[]) => {
      const [change] = await plan({ objects: [object('a')], forceConflicts });
      return { force: change?.force, asked: api.requests.at(-1)?.searchParams.get('force') };
    };
    expect(await forced('configmap/A')).toEqual({ force: true, asked: 'true' });
    expect(await forced('all')).toEqual({ force: true, asked: 'true' });
    expect(await forced('ConfigMap/b')).toEqual({ force: false, asked: 'false' });
  });

  it('what the server would reject, before it says anything else', async () => {
    put('a', 'x', null);
    refuseWrite('b', 422, 'ConfigMap "b" is invalid: data: too long');
    const error = await failure({ objects: [object('a'), object('b')] });
    expect(error).toMatchObject({ code: 'VDPA-STACK-003', message: 'the API server would reject an object' });
    expect(error.details[0]).toMatch(/^ConfigMap n\/b: .*data: too long$/);
    expect(error.details[1]).toBe('ConfigMap n/a: not made by vdpactl');
  });

  it.each([
    [
      403,
      'configmaps "a" is forbidden: User "jo" cannot patch resource "configmaps" in API group "" in the namespace "n"',
      'VDPA-CLUSTER-003',
    ],
    [401, 'Unauthorized', 'VDPA-CLUSTER-004'],
  ])('nothing of what a status %i says of the user and not of the object', async (code, message, expected) => {
    refuseWrite('a', code, message);
    expect((await failure({ objects: [object('a')] })).code).toBe(expected);
  });
});

describe('what the server cannot say yet', () => {
  it('of a namespace that is to come is tried in that of the stack, or in the default one', async () => {
    const there = object('x', 'wanted', 'to-come');
    expect(await short({ objects: [there] })).toEqual(['create x']);
    expect(api.writes[0]).toMatchObject({
      path: `${configMaps}/x`,
      dryRun: true,
      body: { metadata: { namespace: 'n' } },
    });
    api.remove('/api/v1/namespaces', 'n');
    expect(await short({ objects: [there] })).toEqual(['create x']);
    expect(api.writes[1]?.path).toBe('/api/v1/namespaces/default/configmaps/x');
  });

  it('where it can be tried nowhere, it says so', async () => {
    for (const name of ['n', 'default']) api.remove('/api/v1/namespaces', name);
    expect(await short({ objects: [object('x')] })).toEqual(['create x (the namespace n comes first)']);
  });

  it('also in a namespace that is being removed', async () => {
    for (const name of ['n', 'default']) {
      api.put('/api/v1/namespaces', { metadata: { name, deletionTimestamp: 'now', finalizers: ['kubernetes'] } });
    }
    expect(await short({ objects: [object('x')] })).toEqual(['create x (the namespace n comes first)']);
  });

  it('of a kind that is to come, or past a webhook that takes no dry run', async () => {
    refuseWrite('x', 404, 'the server could not find the requested resource');
    expect(await short({ objects: [object('x')] })).toEqual([
      'create x (the cluster does not know the kind ConfigMap yet)',
    ]);
    refuseWrite('x', 400, 'admission webhook "guard.example.org" does not support dry run');
    expect(await short({ objects: [object('x')] })).toEqual([
      'create x (the webhook guard.example.org takes no dry run)',
    ]);
    put('x', 'old');
    expect(await short({ objects: [object('x')] })).toEqual([
      'configure x (the webhook guard.example.org takes no dry run)',
    ]);
  });
});
