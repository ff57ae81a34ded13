// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { removeObjects } from '../../../src/cluster/destroy/remove-objects.ts';
import { collectionPath, renderedKinds } from '../../../src/cluster/objects/object-ref.ts';
import type { InventoryEntry } from '../../../src/cluster/stack/inventory.ts';
import { silentProgress } from '../../../src/output/progress.ts';
import { FakeApi, status } from '../watch/fake-api.ts';

const labels = { 'app.kubernetes.io/managed-by': 'vdpactl', 'app.kubernetes.io/part-of': 'vdpactl' };
const networks = 'network-attachment-definitions.k8s.cni.cncf.io';
const owned = { 'vdpactl.io/owner': 'n' };

function entry(kind: string, name: string, adopted = false): InventoryEntry {
  const found = renderedKinds.find((each) => each.kind === kind);
  if (found === undefined) throw new Error(kind);
  const { namespaced, ...ref } = found;
  return { ...ref, namespace: namespaced ? 'n' : null, name, adopted };
}

let api: FakeApi;
let client: KubeClient;
beforeEach(async () => {
  ({ api, client } = await FakeApi.start());
});
afterEach(async () => {
  client.close();
  await api.stop();
});

function put(of: InventoryEntry, metadata: object = {}, more: object = {}): void {
  const { name, namespace } = of;
  api.put(collectionPath(of, namespace), {
    metadata: {
      name,
      ...(namespace === null ? {} : { namespace }),
      uid: `uid-${name}`,
      labels,
      annotations: owned,
      ...metadata,
    },
    ...more,
  });
}
const there = ({ name, namespace, ...kind }: InventoryEntry) =>
  api.get(collectionPath(kind, namespace), namespace === null ? name : `${namespace}/${name}`);
const remove = (entries: readonly InventoryEntry[], timeoutMs = 5_000) =>
  removeObjects(
    { client, namespace: 'n', progress: silentProgress, signal: new AbortController().signal, timeoutMs },
    entries,
  );
const short = async (entries: readonly InventoryEntry[]) =>
  (await remove(entries)).map(
    ({ ref, outcome, why }) => `${outcome} ${ref.kind} ${ref.name}${why === null ? '' : `: ${why}`}`,
  );
/** Something of others. */
const foreign = (path: string, name: string, metadata: object = {}) =>
  api.put(path, { metadata: { name, namespace: path.split('/namespaces/')[1]?.split('/')[0] ?? '', ...metadata } });

describe('removeObjects', () => {
  it('removes what needs others before those', async () => {
    const entries = ['Namespace', 'ConfigMap', 'DaemonSet', 'Deployment', 'ClusterRole'].map((kind) =>
      entry(kind, kind.toLowerCase()),
    );
    for (const each of entries) put(each);
    await remove(entries);
    expect(api.writes.map(({ path }) => path.split('/').at(-1))).toEqual([
      'deployment',
      'daemonset',
      'configmap',
      'clusterrole',
      'namespace',
    ]);
  });

  it('removes pods before what they belong to, and this very object only', async () => {
    const [set, map] = [entry('DaemonSet', 'd'), entry('ConfigMap', 'm')];
    for (const each of [set, map]) put(each);
    await remove([set, map]);
    expect(api.writes.map(({ body }) => body)).toMatchObject([
      { propagationPolicy: 'Foreground', preconditions: { uid: 'uid-d' } },
      { propagationPolicy: 'Background', preconditions: { uid: 'uid-m' } },
    ]);
  });

  it('leaves what is gone, what another stack has, and what nobody marked', async () => {
    const entries = ['gone', 'other', 'unmarked'].map((name) => entry('ConfigMap', name));
    put(entry('ConfigMap', 'other'), { annotations: { 'vdpactl.io/owner': 'other' } });
    put(entry('ConfigMap', 'unmarked'), { annotations: {} });
    expect(await short(entries)).toEqual([
      'absent ConfigMap gone',
      'absent ConfigMap other',
      'absent ConfigMap unmarked',
    ]);
    expect(api.writes).toEqual([]);
  });

  it('lets go of what was there before', async () => {
    const adopted = entry('ConfigMap', 'theirs', true);
    put(adopted);
    expect(await short([adopted])).toEqual(['released ConfigMap theirs: it was there before the stack']);
    expect(api.writes).toMatchObject([
      { method: 'PATCH', body: { metadata: { name: 'theirs', namespace: 'n', uid: 'uid-theirs' } } },
    ]);
    expect(there(adopted)).toBeDefined();
  });

  it('lets go of what is not whole without its fields by taking off the marks alone', async () => {
    const adopted = entry('DaemonSet', 'theirs', true);
    put(
      adopted,
      { labels: { ...labels, own: 'kept' }, annotations: { ...owned, own: 'kept' } },
      { spec: { kept: true } },
    );
    api.refuse = (url, method) =>
      method === 'PATCH' && url.searchParams.has('fieldManager')
        ? { status: 422, body: status(422, 'Invalid', 'spec.selector: Required value') }
        : null;
    expect(await short([adopted])).toEqual(['released DaemonSet theirs: it was there before the stack']);
    expect(there(adopted)).toMatchObject({ spec: { kept: true } });
    expect(there(adopted)?.metadata).toMatchObject({ labels: { own: 'kept' }, annotations: { own: 'kept' } });
    expect(JSON.stringify(there(adopted)?.metadata)).not.toContain('vdpactl');
  });

  it.each([
    [['other.example.org/guard'], '; it waits for the finalizer other.example.org/guard'],
    [['foregroundDeletion'], ''],
  ])('gives up on what does not go, and says what it waits for: %j', async (finalizers, why) => {
    const stuck = entry('ConfigMap', 'stuck');
    put(stuck, { finalizers });
    await expect(remove([stuck], 100)).rejects.toMatchObject({
      code: 'VDPA-DESTROY-001',
      exitCode: 5,
      message: `ConfigMap n/stuck is not gone after 0.1 s${why}`,
      where: 'context fake',
      next: 'see what holds it: kubectl get configmaps stuck -n n -o yaml; then run the same command again, which goes on from here',
    });
  });

  it('says what a namespace says of what is still in it', async () => {
    const place = entry('Namespace', 'n');
    const message = 'Some resources are remaining: things.example.org has 1 resource instances';
    const conditions = [
      { type: 'NamespaceContentRemaining', status: 'True', message },
      { type: 'NamespaceDeletionContentFailure', status: 'False', message: 'All content successfully deleted' },
    ];
    put(place, { finalizers: ['kubernetes'] }, { status: { conditions } });
    await expect(remove([place], 100)).rejects.toMatchObject({ code: 'VDPA-DESTROY-001', details: [message] });
  });

  it('takes one that somebody makes anew for another one', async () => {
    const map = entry('ConfigMap', 'm');
    put(map);
    api.refuse = (_, method) => {
      if (method === 'DELETE') setImmediate(() => put(map, { uid: 'new', annotations: {} }));
      return null;
    };
    expect(await short([map])).toEqual(['removed ConfigMap m']);
    expect(there(map)?.metadata['uid']).toBe('new');
  });
});

describe('what others keep', () => {
  const place = entry('Namespace', 'n');
  const definition = entry('CustomResourceDefinition', networks);
  beforeEach(() => {
    put(place);
    put(definition);
  });

  it.each([
    ['a pod', '/api/v1/namespaces/n/pods', 'Pod n/x'],
    ['a claim', '/api/v1/namespaces/n/persistentvolumeclaims', 'PersistentVolumeClaim n/x'],
    ['a deployment', '/apis/apps/v1/namespaces/n/deployments', 'Deployment n/x'],
    [
      'a network',
      '/apis/k8s.cni.cncf.io/v1/namespaces/n/network-attachment-definitions',
      'NetworkAttachmentDefinition n/x',
    ],
  ])('in a namespace: %s', async (_, path, what) => {
    foreign(path, 'x');
    expect(await short([place])).toEqual([`released Namespace n: it has what others have made: ${what}`]);
  });

  it('is counted beyond the first, also past the first page', async () => {
    const path = '/api/v1/namespaces/n/pods';
    for (let index = 0; index < 600; index += 1) foreign(path, `own-${index}`, { annotations: owned });
    for (const name of ['y', 'z']) foreign(path, name);
    expect(await short([place])).toEqual(['released Namespace n: it has what others have made: Pod n/y and 1 more']);
  });

  it('is not what is of the stack, of an object that is, or of a moment', async () => {
    const path = '/api/v1/namespaces/n/pods';
    foreign(path, 'own', { annotations: owned });
    foreign(path, 'of-a-set', { ownerReferences: [{ kind: 'ReplicaSet' }] });
    foreign(path, 'probe', { labels });
    expect(await short([place])).toEqual(['removed Namespace n']);
  });

  it('in a definition is any network of others, that of another stack too', async () => {
    const path = '/apis/k8s.cni.cncf.io/v1/namespaces/elsewhere/network-attachment-definitions';
    foreign(path, 'own', { annotations: owned, labels });
    foreign(path, 'of-another-stack', { annotations: { 'vdpactl.io/owner': 'other' }, labels });
    const what = 'NetworkAttachmentDefinition elsewhere/of-another-stack';
    expect(await short([definition])).toEqual([
      `released CustomResourceDefinition ${networks}: it defines what others have made: ${what}`,
    ]);
  });

  it('of other kinds is nothing, and no reason to look', async () => {
    const map = entry('ConfigMap', 'm');
    put(map);
    await remove([map]);
    expect(api.requests.filter((url) => url.searchParams.has('limit'))).toEqual([]);
  });
});
