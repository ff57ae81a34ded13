// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../src/cluster/client/kube-client.ts';
import { inventoryObject } from '../../../src/cluster/stack/inventory.ts';
import { withOwner } from '../../../src/cluster/stack/owner.ts';
import { saveEvidence } from '../../../src/cluster/sysdump/save-evidence.ts';
import { type SysdumpRequest, takeSysdump } from '../../../src/cluster/sysdump/take-sysdump.ts';
import { configSchema } from '../../../src/config/config-schema.ts';
import { VdpaError } from '../../../src/errors/vdpa-error.ts';
import { silentProgress } from '../../../src/output/progress.ts';
import { loadReports } from '../../../src/platform/capture/load-reports.ts';
import { extract } from '../../../src/platform/capture/tar.ts';
import { decide } from '../../../src/providers/decide.ts';
import { schemaVersion } from '../../../src/schema-version.ts';
import { agentName } from '../../../src/templates/kubernetes/agent.ts';
import { selectorLabels } from '../../../src/templates/kubernetes/names.ts';
import { renderKubernetes } from '../../../src/templates/kubernetes/render-kubernetes.ts';
import { awsNode } from '../../fixtures/cluster-nodes.ts';
import { FakeApi, type FakeObject, status } from '../watch/fake-api.ts';
import {
  planted,
  secretAnnotations,
  secretContainer,
  secretEnv,
  secretLabels,
  secretText,
  withSecrets,
} from './planted.ts';

const namespace = 'vdpactl-system';
const labels = { 'app.kubernetes.io/part-of': 'vdpactl', ...secretLabels };
const config = configSchema.parse({});
const report = awsNode('node-a');
const { objects } = renderKubernetes({ nodes: [{ report, decision: decide(report, config) }], config });
/** What an agent answers: a later one may say more, which is not known to be no secret. */
const nodePage = {
  ...{ schemaVersion, kind: 'NodeState', version: '9.9.9', provider: 'aws', backend: 'testpmd' },
  ...{ advertisedBy: 'device-plugin', devices: [], problems: [secretText], more: planted },
};
const daemonSet = objects.find(({ kind }) => kind === 'DaemonSet');
const configMap = objects.find(({ kind }) => kind === 'ConfigMap');

describe('takeSysdump', () => {
  let api: FakeApi;
  let client: KubeClient;
  let folder: string;
  let refuse: (path: string) => { status: number; body: object } | null;

  beforeEach(async () => {
    ({ api, client } = await FakeApi.start());
    folder = mkdtempSync(join(tmpdir(), 'vdpactl-sysdump-'));
    refuse = () => null;
    api.refuse = ({ pathname }) => {
      const refused = refuse(pathname);
      if (refused !== null) return refused;
      if (pathname === '/version') return { status: 200, body: { gitVersion: 'v1.31.2' } };
      if (pathname.endsWith('/proxy/node')) return { status: 200, body: nodePage };
      return pathname.endsWith('/log') ? { status: 200, body: { log: `${pathname}: ${secretText}` } } : null;
    };
    fill(api);
  });

  afterEach(async () => {
    client.close();
    await api.stop();
    rmSync(folder, { recursive: true });
  });

  function take(more: Partial<SysdumpRequest> = {}) {
    const file = join(folder, 'dump.tgz');
    return takeSysdump({
      ...{ client, namespace, workloadNamespace: 'vdpactl-workloads', file, shown: 'dump.tgz', force: false },
      logs: { sinceSeconds: null, limitBytes: 1024 * 1024 },
      nodes: null,
      parallel: 4,
      probe: async () => [{ node: 'node-a', report }],
      progress: silentProgress,
      signal: new AbortController().signal,
      ...more,
    });
  }

  const outcomes = (parts: Awaited<ReturnType<typeof take>>['parts']) =>
    Object.fromEntries(parts.map(({ part, outcome }) => [part, outcome]));

  it('has every part, and none of the secrets that are everywhere', async () => {
    const { parts, bytes, files } = await take();
    expect(new Set(parts.map(({ outcome }) => outcome)), JSON.stringify(parts)).toEqual(new Set(['saved']));
    const entries = await unpack(join(folder, 'dump.tgz'));
    expect(Object.keys(entries)).toHaveLength(files);
    expect(Object.keys(entries)).toEqual(
      expect.arrayContaining([
        'sysdump.json',
        'version.json',
        'inventory.json',
        'lease.json',
        'nodes/node-a.json',
        `objects/daemonsets/${namespace}/${daemonSet?.metadata.name}.json`,
        `events/${namespace}.json`,
        'events/nodes.json',
        `pods/${namespace}/agent-1.json`,
        `logs/${namespace}/agent-1/agent.log`,
        `logs/${namespace}/agent-1/agent.previous.log`,
        'agents/node-a.json',
        'reports.json',
        'index.json',
        'index.html',
      ]),
    );
    for (const [name, text] of Object.entries(entries)) expect(text, name).not.toContain(planted);
    // Also not as the bytes of the archive, nor in another spelling.
    expect(gunzipSync(readFileSync(join(folder, 'dump.tgz'))).includes(Buffer.from(planted).toString('base64'))).toBe(
      false,
    );
    expect(statSync(join(folder, 'dump.tgz'))).toMatchObject({ size: bytes, mode: 0o100600 });
    expect(entries['index.html']).toMatch(/^<!DOCTYPE html>[\s\S]*agent-1[\s\S]*FailedMount/);
    expect(entries['index.html']).not.toMatch(/<script|https?:\/\//);
  });

  it('is what detect --from reads', async () => {
    await take();
    expect(await loadReports(join(folder, 'dump.tgz'))).toEqual([report]);
  });

  it('says so where it was taken without asking the nodes', async () => {
    expect(outcomes((await take({ probe: null })).parts)).toMatchObject({ reports: 'skipped' });
    await expect(loadReports(join(folder, 'dump.tgz'))).rejects.toMatchObject({ code: 'VDPA-BUNDLE-003' });
  });

  it('goes on without what cannot be had, and says what and why', async () => {
    refuse = (path) => {
      if (path === '/api/v1/nodes' || path.includes('/events')) {
        return { status: 403, body: status(403, 'Forbidden', `password=${planted}`) };
      }
      if (path.endsWith('/proxy/node'))
        return { status: 503, body: status(503, 'ServiceUnavailable', `token=${planted}`) };
      return path.endsWith('/log') ? { status: 404, body: status(404, 'NotFound', 'no such container') } : null;
    };
    const error = new VdpaError('VDPA-CLUSTER-007', 'its kubelet has not answered', { next: 'see' });
    const { parts } = await take({ probe: async () => [{ node: 'node-a', error }] });
    expect(outcomes(parts)).toEqual({
      ...{ version: 'saved', inventory: 'saved', lease: 'saved', nodes: 'failed', objects: 'saved', events: 'failed' },
      ...{ pods: 'saved', agents: 'failed', reports: 'partial', logs: 'failed' },
    });
    expect(parts.find(({ part }) => part === 'logs')?.gaps).toContainEqual({
      what: `${namespace}/agent-1/agent`,
      outcome: 'failed',
      why: expect.stringContaining('no such container'),
    });
    const entries = await unpack(join(folder, 'dump.tgz'));
    expect(JSON.parse(entries['index.json'] ?? '')).toMatchObject({ parts: JSON.parse(JSON.stringify(parts)) });
    expect(JSON.stringify(entries)).not.toContain(planted);
  });

  it('leaves the agents out where none shows anything beyond its node, and asks those that do', async () => {
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    api.put(pods, agentPod('agent-1', []));
    const why = 'it was deployed with kubernetes.agentPages: loopback, and shows nothing beyond its node';
    const all = await take();
    expect(all.parts.find(({ part }) => part === 'agents')).toEqual({
      part: 'agents',
      outcome: 'skipped',
      why: `no agent was asked: ${why}`,
      files: 0,
      gaps: [],
    });
    expect(api.requests.filter(({ pathname }) => pathname.endsWith('/proxy/node'))).toEqual([]);
    api.put(pods, agentPod('agent-2', [{ name: 'VDPA_NODE_ADDRESS' }], 'node-b'));
    const some = await take({ force: true });
    expect(some.parts.find(({ part }) => part === 'agents')).toMatchObject({
      outcome: 'partial',
      files: 1,
      gaps: [{ what: 'node-a', outcome: 'skipped', why }],
    });
  });

  it('does not ask a node for logs whose kubelet is silent', async () => {
    api.put('/api/v1/nodes', nodeObject('Unknown'));
    const { parts } = await take();
    const logs = parts.find(({ part }) => part === 'logs');
    expect(logs?.gaps).toContainEqual({
      what: `${namespace}/agent-1/agent`,
      outcome: 'skipped',
      why: 'the kubelet of node-a does not answer',
    });
    expect(api.requests.filter(({ pathname }) => pathname.endsWith('/log'))).toEqual([]);
  });

  it('takes only the nodes that are named, and the pods on them', async () => {
    const { parts } = await take({ nodes: ['node-b', 'gone'] });
    expect(parts.find(({ part }) => part === 'nodes')).toMatchObject({
      outcome: 'failed',
      gaps: [{ what: 'node-b' }, { what: 'gone' }],
    });
    expect(Object.keys(await unpack(join(folder, 'dump.tgz'))).filter((name) => /^(pods|nodes)\//.test(name))).toEqual(
      [],
    );
    expect(outcomes(parts)).toMatchObject({ reports: 'skipped' });
  });

  it('replaces no file unless it is told to, and leaves none behind when it is interrupted', async () => {
    const file = join(folder, 'dump.tgz');
    writeFileSync(file, 'mine');
    await expect(take()).rejects.toMatchObject({ code: 'VDPA-CONFIG-004' });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    const interrupt = new AbortController();
    const probe = async () => {
      interrupt.abort(new Error('stopped'));
      return [];
    };
    await expect(take({ force: true, probe, signal: interrupt.signal })).rejects.toThrow('stopped');
    expect(readFileSync(file, 'utf8')).toBe('mine');
    await take({ force: true });
    expect(readdirSync(folder)).toEqual(['dump.tgz']);
    await expect(take({ file: join(folder, 'none', 'dump.tgz') })).rejects.toMatchObject({ code: 'VDPA-SYSDUMP-001' });
    await expect(take({ file: folder })).rejects.toMatchObject({ code: 'VDPA-CONFIG-004' });
  });

  it('saves evidence under a name of its own', async () => {
    const { signal } = new AbortController();
    const first = join(folder, 'vdpactl-evidence.tgz');
    expect(await saveEvidence(client, namespace, folder, signal)).toBe(first);
    expect(await saveEvidence(client, namespace, first, signal)).toBe(join(folder, 'vdpactl-evidence-2.tgz'));
    expect(existsSync(first)).toBe(true);
  });
});

/** A stack with one node and one pod, and secrets wherever there can be some. */
function fill(api: FakeApi): void {
  const meta = (name: string) => ({ name, namespace, labels, annotations: secretAnnotations });
  const kept = (object: object): FakeObject => withSecrets(object) as FakeObject;
  for (const object of [daemonSet, configMap]) {
    if (object === undefined) continue;
    const owned = withOwner(object, namespace);
    const path = object.kind === 'DaemonSet' ? '/apis/apps/v1' : '/api/v1';
    const metadata = { ...owned.metadata, annotations: { ...owned.metadata.annotations, ...secretAnnotations } };
    api.put(`${path}/namespaces/${namespace}/${object.kind.toLowerCase()}s`, kept({ ...owned, metadata }));
  }
  const inventory = inventoryObject(namespace, {
    state: 'deployed',
    objects: [],
    plan: { objects: [...objects], nodes: [] },
    previous: null,
  });
  api.put(`/api/v1/namespaces/${namespace}/configmaps`, inventory as unknown as FakeObject);
  api.put('/api/v1/nodes', nodeObject('True'));
  api.put(`/api/v1/namespaces/${namespace}/secrets`, { metadata: meta('a-secret'), data: { a: planted } });
  api.put(`/api/v1/namespaces/${namespace}/pods`, agentPod('agent-1', [{ name: 'VDPA_NODE_ADDRESS' }]));
  api.put(`/api/v1/namespaces/${namespace}/events`, {
    metadata: { name: 'e', namespace },
    type: 'Warning',
    reason: 'FailedMount',
    message: secretText,
    involvedObject: { kind: 'Pod', name: 'agent-1' },
    data: planted,
  });
  api.put(`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`, {
    metadata: meta('vdpactl'),
    spec: { holderIdentity: 'jane@host 1 2 3 4' },
  });
}

function agentPod(name: string, env: readonly object[], nodeName = 'node-a'): FakeObject {
  return withSecrets({
    metadata: {
      ...{ name, namespace, annotations: secretAnnotations },
      labels: { ...labels, ...selectorLabels('agent', agentName) },
    },
    spec: { nodeName, containers: [{ ...secretContainer, env: [...secretEnv, ...env] }] },
    status: {
      phase: 'Running',
      containerStatuses: [
        {
          name: 'agent',
          ready: false,
          restartCount: 2,
          containerID: 'containerd://a',
          state: { waiting: { reason: 'CrashLoopBackOff', message: secretText } },
        },
      ],
    },
  }) as FakeObject;
}

function nodeObject(ready: string): FakeObject {
  const metadata = { name: 'node-a', labels: secretLabels, annotations: secretAnnotations };
  const nodeStatus = {
    conditions: [{ type: 'Ready', status: ready, message: secretText }],
    allocatable: { 'vdpactl.io/vdpa': '2' },
  };
  return withSecrets({ metadata, status: nodeStatus }) as FakeObject;
}

async function unpack(file: string): Promise<Record<string, string>> {
  const archive = extract();
  archive.end(gunzipSync(readFileSync(file)));
  const entries: Record<string, string> = {};
  for await (const entry of archive) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
    entries[entry.header.name] = Buffer.concat(chunks).toString('utf8');
  }
  return entries;
}
