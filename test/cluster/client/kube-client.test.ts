// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { connect, type KubeClient } from '../../../src/cluster/client/kube-client.ts';

const { kubeconfig } = inject('cluster');
const path = '/api/v1/namespaces/default/configmaps';

const typeOf = (event: unknown) => (typeof event === 'object' && event !== null && 'type' in event ? event.type : null);

/** A pod with fields of every age, the newest of the API server's own release. */
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'round-trip', namespace: 'default', annotations: { 'odd/key': 'ä\n' } },
  spec: {
    resources: { limits: { memory: '64Mi' } },
    hostUsers: true,
    automountServiceAccountToken: false,
    schedulingGates: [{ name: 'vdpactl.io/never' }],
    resourceClaims: [{ name: 'nic', resourceClaimName: 'nic' }],
    containers: [
      {
        name: 'one',
        image: 'registry.invalid/one:1',
        resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }],
        securityContext: { appArmorProfile: { type: 'RuntimeDefault' }, procMount: 'Default' },
        volumeMounts: [{ name: 'sys', mountPath: '/sys2', readOnly: true, recursiveReadOnly: 'IfPossible' }],
      },
    ],
    volumes: [{ name: 'sys', hostPath: { path: '/sys', type: 'Directory' } }],
  },
};

describe('the client, against a real API server', () => {
  let client: KubeClient;
  beforeAll(async () => {
    client = connect({ kubeconfig }, {}, '/');
    // Pods need it, and no controller makes it.
    const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
    await client
      .request({ method: 'POST', path: '/api/v1/namespaces/default/serviceaccounts', body })
      .catch((error: unknown) => expect(error).toMatchObject({ reason: 'AlreadyExists' }));
  });
  afterAll(() => client.close());

  test('loses no field of an object, there and back, by server-side apply', async () => {
    const answer = await client.request({
      method: 'PATCH',
      path: '/api/v1/namespaces/default/pods/round-trip',
      query: { fieldManager: 'vdpactl', fieldValidation: 'Strict', dryRun: 'All' },
      contentType: 'application/apply-patch+yaml',
      body: pod,
    });
    expect(answer).toMatchObject(pod);
  });

  test('hears of every change by a watch, also from an earlier version on', async () => {
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'watched', namespace: 'default' } };
    const controller = new AbortController();
    const heard: unknown[] = [];
    const query = { fieldSelector: 'metadata.name=watched' };
    const watching = (async () => {
      for await (const event of client.watch({ path, query, signal: controller.signal })) heard.push(typeOf(event));
    })().catch(() => {});
    await client.request({ method: 'POST', path, body: map });
    await client.request({ method: 'DELETE', path: `${path}/watched` });
    await expect.poll(() => heard).toEqual(expect.arrayContaining(['ADDED', 'DELETED']));
    controller.abort();
    await watching;

    const first: unknown[] = [];
    for await (const event of client.watch({ path, query: { resourceVersion: 1 } })) {
      first.push(event);
      break;
    }
    expect(first).toHaveLength(1);
  });

  test('says what the server says of credentials that are none', async () => {
    const wrong = `${kubeconfig}.wrong`;
    writeFileSync(wrong, readFileSync(kubeconfig, 'utf8').replace(/"token": "[^"]+"/, '"token": "expired"'));
    const stranger = connect({ kubeconfig: wrong }, {}, '/');
    try {
      await expect(stranger.request({ path })).rejects.toMatchObject({ code: 'VDPA-CLUSTER-004', status: 401 });
    } finally {
      stranger.close();
    }
  });

  test.each([
    ['not there', { path: `${path}/missing` }, { status: 404, reason: 'NotFound' }],
    ['not known', { path: '/apis/no.such/v1/things' }, { status: 404 }],
    [
      'not valid',
      { method: 'POST', path, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'No!' } } } as const,
      { status: 422, reason: 'Invalid' },
    ],
  ])('says of what is %s what the server says', async (_, request, expected) => {
    await expect(client.request(request)).rejects.toMatchObject({ code: 'VDPA-CLUSTER-006', exitCode: 5, ...expected });
  });
});
