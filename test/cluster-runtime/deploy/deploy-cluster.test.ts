// SPDX-License-Identifier: Apache-2.0
// What the lab cannot show: that a run stops when another one has taken its lease, and whose work is put back.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { deployOrRollBack, type RollBackRequest } from '../../../src/cluster/deploy/roll-back.ts';
import { inventoryObject } from '../../../src/cluster/stack/inventory.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import type { VdpaError } from '../../../src/errors/vdpa-error.ts';
import { silentProgress } from '../../../src/output/progress.ts';
import { awsNode } from '../../fixtures/cluster-nodes.ts';
import { scratch } from '../../fixtures/scratch.ts';
import { FakeApi, type FakeObject, status } from '../watch/fake-api.ts';

const namespace = 'vdpactl-system';
const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

const use = scratch();
let api: FakeApi;
let client: KubeClient;
beforeEach(async () => {
  ({ api, client } = await FakeApi.start());
  api.put('/api/v1/namespaces', { metadata: { name: 'default' } });
  api.put('/api/v1/nodes', { metadata: { name: 'aws-1', uid: 'u' } });
});
afterEach(async () => {
  client.close();
  await api.stop();
});

const deploy = (change: Partial<RollBackRequest> = {}): Promise<VdpaError> =>
  deployOrRollBack({
    ...{ client, config: configSchema.parse({}), set: [], policy: 'must-match', forceConflicts: [] },
    source: { kind: 'reports', read: async () => [{ node: 'aws-1', report: awsNode('aws-1') }] },
    ...{ allowDowngrade: false, timeoutMs: 2_000, pullTimeoutMs: 2_000, confirm: async () => true },
    ...{ progress: silentProgress, signal: new AbortController().signal },
    ...{ rollBack: true, evidenceFile: evidence() },
    ...change,
  }).then(
    ({ state }) => Promise.reject(new Error(`it did not fail: ${state}`)),
    (error: VdpaError) => error,
  );
const evidence = () => join(use.folder(), 'evidence.tgz');
const done = () => api.writes.filter(({ dryRun, path }) => !dryRun && !path.startsWith(leases));
const heldByAnother = () =>
  api.put(leases, {
    metadata: { name: 'vdpactl', namespace, uid: 'l' },
    spec: { holderIdentity: 'jo@elsewhere 7 8 other r' },
  });
const inventory = (state: 'deploying' | 'deployed') =>
  inventoryObject(namespace, {
    state,
    objects: [],
    plan: { objects: [], nodes: [] },
    previous: null,
  }) as unknown as FakeObject;
/** The server accepts definitions in a dry run and refuses them for real. */
const refuseDefinitions = () => {
  api.refuse = (url, method) =>
    method === 'PATCH' && url.pathname.startsWith(definitions) && !url.searchParams.has('dryRun')
      ? { status: 422, body: status(422, 'Invalid', 'not this time') }
      : null;
};

describe('a deployment', () => {
  it('that loses its lease changes nothing more, and puts nothing back', async () => {
    let before = 0;
    const error = await deploy({
      async confirm() {
        heldByAnother();
        before = done().length;
        await sleep(6_000);
        return true;
      },
    });
    expect(error).toMatchObject({ code: 'VDPA-LOCK-002' });
    expect(error.message).toContain('jo on elsewhere (process 7) has it');
    expect(done()).toHaveLength(before);
    expect(existsSync(evidence())).toBe(false);
  });

  it('that another run keeps from its turn leaves the work of that run alone', async () => {
    api.put('/api/v1/namespaces', { metadata: { name: namespace } });
    api.put(configMaps, inventory('deploying'));
    heldByAnother();
    const renewing = setInterval(heldByAnother, 100);
    const error = await deploy();
    clearInterval(renewing);
    expect(error.code).toBe('VDPA-LOCK-001');
    expect(done()).toEqual([]);
  });

  it('that is refused before it begins undoes nothing, also of a run that was interrupted', async () => {
    api.put('/api/v1/namespaces', {
      metadata: { name: namespace, uid: 'n', annotations: { 'vdpactl.io/owner': namespace } },
    });
    api.put(configMaps, inventory('deploying'));
    api.put(configMaps, { metadata: { name: 'vdpactl-config', namespace } });
    const error = await deploy();
    expect(error).toMatchObject({
      code: 'VDPA-STACK-001',
      details: ['ConfigMap vdpactl-system/vdpactl-config: not made by vdpactl'],
    });
    expect(done()).toEqual([]);
  });

  it('that is refused leaves no namespace that it made', async () => {
    api.put(`/apis/rbac.authorization.k8s.io/v1/clusterroles`, { metadata: { name: 'vdpactl-multus' } });
    expect((await deploy()).code).toBe('VDPA-STACK-001');
    expect(api.get('/api/v1/namespaces', namespace)).toBeUndefined();
    expect(api.get(leases, `${namespace}/vdpactl`)).toBeUndefined();
  });

  it('that is answered with no leaves no trace', async () => {
    const declined = await deployOrNull({ confirm: async () => false });
    expect(declined).toBe('declined');
    expect(api.get('/api/v1/namespaces', namespace)).toBeUndefined();
    expect(api.get(configMaps, `${namespace}/vdpactl-inventory`)).toBeUndefined();
  });

  it('that fails half-way is put back, and the reviewed plan has no say in that', async () => {
    refuseDefinitions();
    let verified = 0;
    const error = await deploy({
      verify() {
        verified += 1;
      },
    });
    expect(error.code).toBe('VDPA-CLUSTER-006');
    expect(error.details.join('\n')).toContain('all of it was removed again');
    expect(verified).toBe(1);
    for (const name of [namespace, 'vdpactl-workloads']) expect(api.get('/api/v1/namespaces', name)).toBeUndefined();
    expect(api.get(configMaps, `${namespace}/vdpactl-inventory`)).toBeUndefined();
  });

  it('that fails half-way stays as it is where nothing was said of putting back', async () => {
    refuseDefinitions();
    const error = await deploy({ rollBack: false });
    expect(error.code).toBe('VDPA-CLUSTER-006');
    expect(api.get(configMaps, `${namespace}/vdpactl-inventory`)).toBeDefined();
    expect(JSON.stringify(api.get(leases, `${namespace}/vdpactl`))).toContain('"holderIdentity":""');
  });

  it('waits for a namespace that is being removed, and says what to look at when it stays', async () => {
    api.put('/api/v1/namespaces', {
      metadata: { name: namespace, deletionTimestamp: 'now', finalizers: ['kubernetes'] },
    });
    const error = await deploy({ timeoutMs: 300 });
    expect(error).toMatchObject({
      code: 'VDPA-CLUSTER-005',
      exitCode: 4,
      message: `the namespace ${namespace} is being removed, and not gone after 0.3 s`,
      next: expect.stringContaining(`kubectl get namespace ${namespace} -o yaml`),
    });
    setTimeout(() => api.remove('/api/v1/namespaces', namespace), 200);
    expect(await deployOrNull({ confirm: async () => false })).toBe('declined');
  });
});

/** The state that it came to; null: it failed. */
async function deployOrNull(change: Partial<RollBackRequest>): Promise<string | null> {
  const error = await deploy(change).catch((thrown: Error) => thrown);
  return /^it did not fail: (\w+)$/.exec(error.message)?.[1] ?? null;
}
