// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { findMultus } from '../../../src/cluster/facts/find-multus.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { multusDaemonSet } from '../../../src/templates/kubernetes/multus/multus.ts';
import { FakeApi, type FakeObject } from '../watch/fake-api.ts';

const { signal } = new AbortController();

function daemonSet(name: string, containers: readonly object[], more: object = {}): FakeObject {
  return {
    metadata: { name, namespace: 'kube-system' },
    spec: { template: { spec: { containers, ...more } } },
    status: { desiredNumberScheduled: 3, numberReady: 2 },
  };
}

const thick = {
  image: 'ghcr.io/k8snetworkplumbingwg/multus-cni:v4.1.0-thick',
  command: ['/usr/src/multus-cni/bin/multus-daemon'],
};
const thin = { image: 'ghcr.io/k8snetworkplumbingwg/multus-cni:v4.1.0', command: ['/thin_entrypoint'] };

describe('findMultus', () => {
  it.each([
    ['thick', [thick], 'thick'],
    ['thin', [thin], 'thin'],
    [
      'of a vendor, under another name',
      [
        {
          image: 'quay.example.com/a@sha256:0',
          command: ['/bin/bash', '-c', 'exec /usr/src/multus-cni/bin/multus-daemon'],
        },
      ],
      'thick',
    ],
    ['older, without a command', [{ image: 'nfvpe/multus:v3.4' }], 'thin'],
  ] as const)('finds one that is %s', async (_what, containers, kind) => {
    const { api, client } = await FakeApi.start();
    api.put('/apis/apps/v1/namespaces/kube-system/daemonsets', daemonSet('kube-multus-ds', containers));
    const image = containers[0]?.image;
    expect(await findMultus(client, signal)).toEqual({ kind, image, namespace: 'kube-system', desired: 3, ready: 2 });
    client.close();
    await api.stop();
  });

  it('finds its own, and nothing in what only goes by a similar name', async () => {
    const { api, client } = await FakeApi.start();
    const path = '/apis/apps/v1/namespaces/a/daemonsets';
    api.put(
      path,
      daemonSet('multus-admission-controller', [{ image: 'r.example.com/multus-admission-controller:v1' }]),
    );
    api.put(path, daemonSet('kube-proxy', [{ image: 'r.example.com/kube-proxy:v1', args: ['--all'] }]));
    expect(await findMultus(client, signal)).toBeNull();
    const own = multusDaemonSet(configSchema.parse({}));
    api.put(path, { ...own, metadata: { ...own.metadata, namespace: 'a' } } as unknown as FakeObject);
    expect(await findMultus(client, signal)).toMatchObject({ kind: 'thick', desired: 0 });
    client.close();
    await api.stop();
  });
});
