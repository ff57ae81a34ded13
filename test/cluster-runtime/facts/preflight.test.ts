// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { gatherClusterFacts } from '../../../src/cluster/facts/gather-cluster-facts.ts';
import { preflight } from '../../../src/cluster/facts/preflight.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { FakeApi, status } from '../watch/fake-api.ts';

const { signal } = new AbortController();
const config = configSchema.parse({});

describe('what a cluster is asked before anything is changed', () => {
  let api: FakeApi;
  let client: KubeClient;
  let gitVersion = 'v1.31.2';
  let allowed = true;
  let forbidden = '';

  beforeEach(async () => {
    ({ api, client } = await FakeApi.start());
    gitVersion = 'v1.31.2';
    allowed = true;
    forbidden = '';
    for (const name of ['default', 'vdpactl-system', 'vdpactl-workloads']) {
      api.put('/api/v1/namespaces', { metadata: { name } });
    }
    api.refuse = ({ pathname }) => {
      if (pathname === '/version') return { status: 200, body: { gitVersion } };
      if (pathname.endsWith('/selfsubjectaccessreviews')) return { status: 201, body: { status: { allowed } } };
      if (pathname === '/apis/k8s.cni.cncf.io/v1')
        return { status: 404, body: status(404, 'NotFound', 'no such group') };
      if (forbidden === '' || !pathname.includes(forbidden)) return null;
      const message = `User "jane" cannot list resource "${forbidden}" in API group "" at the cluster scope`;
      return { status: 403, body: status(403, 'Forbidden', message) };
    };
  });

  afterEach(async () => {
    client.close();
    await api.stop();
  });

  it('lets a cluster be that is new enough, to somebody who may', async () => {
    await expect(preflight(client, config, signal)).resolves.toBeUndefined();
    // An administrator is asked once.
    expect(api.requests.filter(({ pathname }) => pathname.endsWith('reviews'))).toHaveLength(1);
  });

  it('refuses a Kubernetes that is too old', async () => {
    gitVersion = 'v1.26.15';
    await expect(preflight(client, config, signal)).rejects.toMatchObject({
      code: 'VDPA-KUBERNETES-001',
      message: 'the API server is v1.26.15, and vdpactl needs Kubernetes 1.27 or later',
    });
  });

  it('names all rights that are missing at once', async () => {
    allowed = false;
    await expect(preflight(client, config, signal)).rejects.toMatchObject({
      code: 'VDPA-CLUSTER-003',
      details: expect.arrayContaining([
        'may not list, watch, patch nodes',
        'may not get, patch namespaces vdpactl-system',
        'may not get, create, update, delete leases.coordination.k8s.io in the namespace vdpactl-system',
      ]),
    });
  });

  it('says what could not be asked, and goes on', async () => {
    forbidden = 'daemonsets';
    const facts = await gatherClusterFacts(client, config, signal);
    expect(facts).toMatchObject({
      serverVersion: 'v1.31.2',
      multus: null,
      stack: null,
      unread: [{ part: 'multus', why: expect.stringContaining('may not list daemonsets') }],
    });
    expect(facts.permissions.length).toBeGreaterThan(50);
  });

  it('tells which plugin pods run with another config than their DaemonSet has', async () => {
    const labels = {
      'app.kubernetes.io/component': 'device-plugin',
      'app.kubernetes.io/part-of': 'vdpactl',
      'app.kubernetes.io/instance': 'plugin',
    };
    const annotated = (hash: string) => ({ annotations: { 'vdpactl.io/config-hash': hash } });
    const namespace = 'vdpactl-system';
    api.put(`/apis/apps/v1/namespaces/${namespace}/daemonsets`, {
      metadata: { name: 'plugin', namespace, labels },
      spec: { template: { metadata: annotated('new'), spec: { containers: [] } } },
    });
    const pod = (name: string, hash: string) =>
      api.put(`/api/v1/namespaces/${namespace}/pods`, {
        metadata: { name, namespace, labels, ...annotated(hash) },
        spec: { nodeName: `on-${name}` },
      });
    pod('fresh', 'new');
    pod('stale', 'old');
    api.put(`/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name: 'vdpactl-inventory', namespace } });
    const { stack } = await gatherClusterFacts(client, config, signal);
    expect(stack).toEqual({ version: null, stalePluginPods: [{ pod: 'stale', node: 'on-stale' }] });
  });
});
