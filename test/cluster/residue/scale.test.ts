// SPDX-License-Identifier: Apache-2.0
import diagnosticsChannel from 'node:diagnostics_channel';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { connect, type KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { removeResidue } from '../../../src/cluster/destroy/residue.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { silentProgress } from '../../../src/output/progress.ts';
import { schemaVersion } from '../../../src/schema-version.ts';
import { Kubectl } from '../kubectl.ts';
import { simulateNamespaces } from '../namespace-simulator.ts';
import { NodeSimulator } from '../node-simulator.ts';

const count = 300;
const namespace = 'residue-scale';
const { bin, kubeconfig } = inject('cluster');
const kubectl = new Kubectl(bin, kubeconfig);
let client: KubeClient;
let namespaces: { stop(): Promise<void> };

beforeAll(async () => {
  client = connect({ kubeconfig }, {}, '/');
  namespaces = simulateNamespaces(client);
  await kubectl.ok('create', 'namespace', namespace);
  await kubectl.ok('label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=privileged');
});

afterAll(async () => {
  await kubectl.run('delete', 'namespace', namespace, '--wait=false');
  await namespaces.stop();
  client.close();
});

test('takes little more than one request a node', async () => {
  const message = JSON.stringify({ schemaVersion, removed: ['/var/run/vdpa'], left: [] });
  const names = Array.from({ length: count }, (_, at) => `residue-${String(at).padStart(4, '0')}`);
  const simulator = await NodeSimulator.start(
    client,
    names.map((name) => ({ name, fate: () => ({ kind: 'succeeds', log: '', message }) })),
  );
  // The simulator sends from this process too: statuses, and the deletion of single pods.
  let requests = 0;
  const onRequest = (told: unknown) => {
    const { request } = told as { readonly request: { readonly method: string; readonly path: string } };
    const [path = ''] = request.path.split('?');
    const isStatus = path.endsWith('/status');
    const isSimulated = request.method === 'DELETE' && path.includes('/pods/');
    if (path.includes(`/namespaces/${namespace}/pods`) && !isStatus && !isSimulated) requests += 1;
  };
  diagnosticsChannel.subscribe('http.client.request.start', onRequest);
  try {
    const results = await removeResidue({
      ...{ client, kubernetes: configSchema.parse({}).kubernetes, namespace, nodes: names, multus: false },
      ...{ timeoutMs: 60_000, progress: silentProgress, signal: new AbortController().signal },
    });
    expect(results.filter(({ error }) => error !== null)).toEqual([]);
    expect(results.map(({ node }) => node)).toEqual(names);
    expect(requests / count).toBeLessThan(1.1);
  } finally {
    diagnosticsChannel.unsubscribe('http.client.request.start', onRequest);
    await simulator.stop();
  }
  expect(await kubectl.ok('get', 'pods', '-n', namespace, '-o', 'name')).toBe('');
}, 300_000);
