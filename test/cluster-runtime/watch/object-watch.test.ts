// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { ObjectWatch } from '../../../src/cluster/watch/object-watch.ts';
import { FakeApi, status } from './fake-api.ts';

const path = '/api/v1/namespaces/n/things';
const schema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string(), resourceVersion: z.string() }),
  value: z.int(),
});
const thing = (name: string, value: number, labels = {}) => ({
  metadata: { name, namespace: 'n', labels },
  value,
  more: 'that nobody keeps',
});

let api: FakeApi;
let client: KubeClient;
let end: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  ({ api, client } = await FakeApi.start());
  end = new AbortController();
  running = Promise.resolve();
});
afterEach(async () => {
  end.abort();
  await running.catch(() => {});
  client.close();
  await api.stop();
});

function start(more: Partial<ConstructorParameters<typeof ObjectWatch<z.infer<typeof schema>>>[1]> = {}) {
  const changes: string[] = [];
  const watch = new ObjectWatch(client, {
    path,
    schema,
    onChange: (key, object) => changes.push(`${key} ${object?.value ?? 'gone'}`),
    ...more,
  });
  running = watch.run(end.signal);
  running.catch(() => {});
  const values = () => Object.fromEntries([...watch.all()].map(({ metadata, value }) => [metadata.name, value]));
  return { watch, values, changes };
}

const watches = () => api.requests.filter((url) => url.searchParams.get('watch') === 'true').length;
const lists = () => api.requests.length - watches();

describe('ObjectWatch', () => {
  it('has the collection as it is, and follows what comes, changes and goes', async () => {
    api.put(path, thing('a', 1));
    api.put(path, thing('b', 1));
    const { watch, values, changes } = start();
    expect(watch.isListed).toBe(false);
    await expect.poll(() => watch.isListed).toBe(true);
    expect(watch.get('a', 'n')).toEqual({ metadata: expect.anything(), value: 1 });
    api.put(path, thing('a', 2));
    api.put(path, thing('c', 3));
    api.remove(path, 'n/b');
    await expect.poll(values).toEqual({ a: 2, c: 3 });
    expect(changes).toEqual(['n/a 1', 'n/b 1', 'n/a 2', 'n/c 3', 'n/b gone']);
    expect(watch.get('b', 'n')).toBeUndefined();
  });

  it('says when a collection without an object was read', async () => {
    let listed = 0;
    const { watch } = start({
      onListed: () => {
        listed += 1;
      },
    });
    await expect.poll(() => listed).toBe(1);
    expect(watch.isListed).toBe(true);
  });

  it('reads a long collection in pages, and asks only for what the selector chooses', async () => {
    for (let at = 0; at < 1234; at += 1) api.put(path, thing(`t${at}`, at, { odd: String(at % 2) }));
    const { watch } = start({ labelSelector: 'odd=1' });
    await expect.poll(() => watch.isListed).toBe(true);
    expect([...watch.all()]).toHaveLength(617);
    expect(lists()).toBe(2);
    api.put(path, thing('even', 0, { odd: '0' }));
    api.put(path, thing('odd', 1, { odd: '1' }));
    await expect.poll(() => watch.get('odd', 'n')).toBeDefined();
    expect(watch.get('even', 'n')).toBeUndefined();
  });

  it('goes on where it was when a connection is cut, and misses nothing', async () => {
    api.put(path, thing('a', 1));
    const { values, changes } = start();
    for (let round = 2; round < 6; round += 1) {
      await expect.poll(values).toEqual({ a: round - 1 });
      api.cut();
      api.put(path, thing('a', round));
    }
    await expect.poll(values).toEqual({ a: 5 });
    expect(changes).toEqual([1, 2, 3, 4, 5].map((value) => `n/a ${value}`));
    expect(lists()).toBe(1);
  });

  it('goes on from a bookmark, after the versions before it are forgotten', async () => {
    const { watch, values } = start();
    await expect.poll(() => watch.isListed).toBe(true);
    await expect.poll(watches).toBe(1);
    api.bookmark();
    await new Promise((resolve) => setTimeout(resolve, 50));
    api.cut();
    api.put(path, thing('a', 1));
    await expect.poll(values).toEqual({ a: 1 });
    expect(lists()).toBe(1);
  });

  it.each(['in the watch', 'when it asks again'])('reads anew what the server has forgotten: %s', async (when) => {
    api.put(path, thing('a', 1));
    api.put(path, thing('b', 1));
    const { values, changes } = start();
    await expect.poll(watches).toBe(1);
    if (when === 'when it asks again') api.cut();
    api.remove(path, 'n/b');
    api.put(path, thing('c', 1));
    api.compact();
    await expect.poll(values).toEqual({ a: 1, c: 1 });
    // What is as it was is no change.
    expect(changes.filter((change) => change.startsWith('n/a'))).toEqual(['n/a 1']);
    expect(changes).toContain('n/b gone');
  });

  it('waits for a server that is away, and reads what it missed', async () => {
    api.put(path, thing('a', 1));
    const { values } = start();
    await expect.poll(watches).toBe(1);
    await api.hangUp();
    api.put(path, thing('a', 2));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await api.listen();
    await expect.poll(values, { timeout: 10_000 }).toEqual({ a: 2 });
  });

  it('waits for a server that answers that it fails, and no longer than it is told', async () => {
    api.put(path, thing('a', 1));
    const { values } = start({ patienceMs: 3_000 });
    await expect.poll(watches).toBe(1);
    api.refuse = () => ({ status: 503, body: status(503, 'ServiceUnavailable', 'starting') });
    api.cut();
    await new Promise((resolve) => setTimeout(resolve, 300));
    api.refuse = () => null;
    api.put(path, thing('a', 2));
    await expect.poll(values, { timeout: 10_000 }).toEqual({ a: 2 });
    api.refuse = () => ({ status: 503, body: status(503, 'ServiceUnavailable', 'broken') });
    api.cut();
    await expect(running).rejects.toMatchObject({ code: 'VDPA-CLUSTER-006', status: 503 });
  }, 30_000);

  it('throws what waiting does not mend', async () => {
    const message = 'things is forbidden: User "u" cannot list resource "things" in API group "" in the namespace "n"';
    api.refuse = () => ({ status: 403, body: status(403, 'Forbidden', message) });
    start();
    await expect(running).rejects.toMatchObject({ code: 'VDPA-CLUSTER-003' });
  });

  it('ends when it is told to, without an error', async () => {
    const { watch } = start();
    await expect.poll(() => watch.isListed).toBe(true);
    end.abort(new Error('enough'));
    await expect(running).resolves.toBeUndefined();
  });
});
